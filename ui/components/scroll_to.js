// scroll_to.js: brings what the link names on the screen: the page's first figure, or the section with a heading.

const EACH = 150, REST = 4000;      // ms between two looks, and without a move, after which nothing more is awaited
const LONGEST = 20000;              // ms until what is named has come and the script has run, on a busy machine
const ACTS = ["wheel", "touchstart", "pointerdown", "keydown", "popstate"];     // the visitor goes elsewhere
const done = new WeakMap();         // element -> the name that was scrolled to

function find(name, figure) {
  const main = document.querySelector(".stMainBlockContainer");
  if (name === figure) return main?.querySelector(".dgm-live");
  return [...main?.querySelectorAll("h2, h3, h4") ?? []].find((heading) => heading.textContent.trim() === name);
}

export default function ({ parentElement, data }) {
  const { name, figure, idle } = data;
  if (!name || done.get(parentElement) === name) return;
  done.set(parentElement, name);
  const acted = new AbortController(), began = performance.now();
  let moved = began, before = null;
  const look = () => {
    const target = find(name, figure), now = performance.now();
    target?.scrollIntoView({ block: name === figure ? "nearest" : "start", behavior: "instant" });
    const place = target?.getBoundingClientRect().top ?? null;
    if (place !== before) moved = now;
    before = place;
    const waits = !target || !document.querySelector(idle);     // what the script still draws may move the rest
    if (waits ? now - began > LONGEST : now - moved > REST) acted.abort();
    if (waits) moved = now;
  };
  const timer = setInterval(look, EACH);
  acted.signal.addEventListener("abort", () => clearInterval(timer));
  for (const type of ACTS) addEventListener(type, () => acted.abort(), { signal: acted.signal, capture: true });
  return () => acted.abort();
}
