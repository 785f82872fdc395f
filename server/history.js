// history.js: one press of a situation or of a part is one step in the browser's history; any other change of the page's
// address replaces the one before. So Back returns to the state before the press, and never to half of a press.
{
  const STEP = "STEP_SELECTOR", IDLE = "IDLE_SELECTOR";
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  let step = false, leaving = false;   // until the address is written that the last press leads to

  // A page writes several controls one after the other: the first address after a press is the step, the others are part
  // of it. On the way to another page Streamlit removes this page's controls from the address: that is no step at all.
  const write = (native, [state, title, url]) => {
    const to = new URL(url ?? location.href, location.href);
    if (to.origin !== location.origin || to.pathname !== location.pathname) {
      step = leaving = false;
      return native(state, title, url);
    }
    if (leaving) return undefined;
    const press = step && to.href !== location.href;
    step &&= !press;
    return press ? push(state, title, url) : replace(state, title, url);
  };
  history.pushState = (...entry) => write(push, entry);
  history.replaceState = (...entry) => write(replace, entry);
  addEventListener("popstate", () => { step = leaving = false; });

  // Streamlit writes href="" for the home page, which is the address of the page that shows the link.
  const linkOf = (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.getAttribute("href") === "") link.setAttribute("href", "./");
    return link;
  };
  for (const name of ["pointerover", "focusin"]) addEventListener(name, linkOf, true);

  const noticePress = (event) => {
    if (document.querySelector(IDLE)) step = leaving = false;
    if (event.key === "Tab" || !event.target.closest) return;
    step ||= Boolean(event.target.closest(STEP));
    const link = event.type === "click" && linkOf(event);
    if (link && !link.target && !link.hasAttribute("download") && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      leaving = new URL(link.href).pathname !== location.pathname;
    }
  };
  for (const name of ["pointerdown", "keydown", "click"]) addEventListener(name, noticePress, true);
}
