// loader.js: the short script that Streamlit sends. It imports the component's module from the app's own host.
const PATH = "MODULE_PATH", FOLDER = "SCRIPT_FOLDER";

// URLs that may be the app's root, under any base path: the folder of Streamlit's own script, and the page's.
const roots = () => [document.querySelector(`script[src*="${FOLDER}"]`)?.src.split(FOLDER)[0], document.baseURI]
  .filter(Boolean);

async function load() {
  let failure;
  for (const root of roots()) {
    try { return await import(new URL(PATH, root).href); } catch (error) { failure = error; }
  }
  throw failure;
}

export default function (component) {
  let removed = false, cleanup;
  const modules = (globalThis.dgmModules ??= {});
  modules[PATH] ??= load();
  modules[PATH].then(({ default: start }) => { if (!removed) cleanup = start(component); }, () => {
    delete modules[PATH];   // the next component tries again
    const message = Object.assign(document.createElement("p"), { role: "alert", textContent: "LOAD_ERROR" });
    if (!removed) component.parentElement.replaceChildren(message);
  });
  return () => { removed = true; cleanup?.(); };
}
