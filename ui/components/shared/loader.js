// loader.js: the short script that Streamlit sends. It fetches the component's module from our own host.
const PATH = "MODULE_PATH";

// The host's root, under whatever base path: Streamlit's own script lies there, and so does the page.
const roots = () => [document.querySelector('script[src*="static/js/"]')?.src.replace(/static\/js\/.*$/, ""), document.baseURI]
  .filter(Boolean);

async function load() {
  let failure;
  for (const root of roots()) {
    try { return await import(new URL(PATH, root).href); } catch (error) { failure = error; }
  }
  throw failure;
}

export default function (component) {
  let left = false, leave;
  const modules = (globalThis.dgmModules ??= {});
  modules[PATH] ??= load();
  modules[PATH].then(({ default: start }) => { if (!left) leave = start(component); }, () => {
    delete modules[PATH];   // the next component tries again
    const words = Object.assign(document.createElement("p"), { role: "alert", textContent: "LOST" });
    if (!left) component.parentElement.replaceChildren(words);
  });
  return () => { left = true; leave?.(); };
}
