// scroll_to.js: brings what the link names on the screen: the page's first figure, or the section with a heading.

const EACH = 150, REST = 4000;      // ms between two looks, and without a move, after which nothing more is awaited
const LONGEST = 20000;              // ms until what is named has come and the script has run, on a busy machine
const ACTS = ["wheel", "touchstart", "pointerdown", "keydown", "popstate"];     // the visitor goes elsewhere
const links = new WeakMap();        // element -> the name that was scrolled to, and what ends with the element
const ROOM = "--dgm-room";          // below the page, so that a heading near its end can stand at the top; see style.css

function find(name, figure) {
  const main = document.querySelector(".stMainBlockContainer");
  if (name === figure) return main?.querySelector(".dgm-live");
  return [...main?.querySelectorAll("h2, h3, h4") ?? []].find((heading) => heading.textContent.trim() === name);
}

const { style } = document.documentElement;
const takeRoom = () => style.removeProperty(ROOM);

/** Where the page ends on the screen, without the room. */
function end() {
  const main = document.querySelector(".stMainBlockContainer");
  return main.getBoundingClientRect().bottom - (parseFloat(style.getPropertyValue(ROOM)) || 0);
}

/** Make as much room below the page as it lacks for the heading to stand at the top. */
function giveRoom(heading) {
  const top = heading.getBoundingClientRect().top - parseFloat(getComputedStyle(heading).scrollMarginTop);
  style.setProperty(ROOM, `${Math.max(0, Math.ceil(window.innerHeight - (end() - top)))}px`);
}

export default function ({ parentElement, data }) {
  const { name, figure, idle } = data;
  const last = links.get(parentElement), acted = new AbortController(), began = performance.now();
  if (!name || last?.name === name) return last?.leave;
  const leave = () => { acted.abort(); takeRoom(); removeEventListener("scroll", onScroll, true); };
  const onScroll = () => acted.signal.aborted && (!find(name, figure) || end() >= window.innerHeight) && takeRoom();
  links.set(parentElement, { name, leave });
  let moved = began, before = null;
  const look = () => {
    const target = find(name, figure), now = performance.now();
    if (target && name !== figure) giveRoom(target);
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
  addEventListener("scroll", onScroll, true);      // the room goes when it is not seen, or the heading has gone
  return leave;
}
