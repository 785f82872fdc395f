// lecture_hall.js: the keys of the lecture hall. They press what is on the page: the links, the buttons of a playback.

const WAYS = { n: ".st-key-hall-next", p: ".st-key-hall-back", x: ".st-key-leave-hall" };
const STEPS = { PageDown: 1, PageUp: -1, ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const FIGURES = (globalThis[Symbol.for("dgm.figures")] ??= new Set());   // see full_screen.js

const OPENING = 3000;     // ms after a way was taken, at most, while the first figure behind it is being drawn
const LONGEST = 10000, EACH = 50;     // ms in which a figure behind it is awaited for the full screen, and between two looks
let takenAt = -OPENING;

/** The figures of the page, in its order. */
const figures = () => [...FIGURES].filter(({ root }) => root.isConnected && root.clientHeight)
  .sort(({ root: one }, { root: other }) => (isBefore(one, other) ? -1 : 1));
const isBefore = (one, other) => Boolean(hostOf(one).compareDocumentPosition(hostOf(other)) & Node.DOCUMENT_POSITION_FOLLOWING);
const hostOf = (root) => root.getRootNode().host ?? root;      // of what is in a shadow root

const press = (selector) => document.querySelector(`${selector} :is(a, button)`)?.click();

function take(letter) {
  takenAt = performance.now();
  if (figures().some(({ filled }) => filled)) keepFilled(document.fullscreenElement);
  press(WAYS[letter]);
}

/** Once the figure on the full screen has gone, the first one behind the way fills it. screen: what had it before. */
function keepFilled(screen) {
  if (performance.now() - takenAt > LONGEST || document.fullscreenElement !== screen) return;
  const all = figures(), isGone = all.length && !all.some(({ filled }) => filled);
  if (isGone && document.querySelector(NO_SCRIPT_RUNS)) all[0].show(true);
  else setTimeout(() => keepFilled(screen), EACH);
}

const isOpening = () => performance.now() - takenAt < OPENING
  && (!document.querySelector(NO_SCRIPT_RUNS) || document.querySelector(".dgm-live")?.querySelector(".dgm-waiting"));

/** The figure that is played: on the full screen, or the first one with buttons. */
function played() {
  const all = [...document.querySelectorAll(".dgm-live")].filter((root) => root.querySelector(".dgm-transport"));
  return all.find((root) => root.matches(".fills-screen")) ?? all[0];
}

/** A step of the playback. At its ends, or without one, the next part or the one before: not while a part opens. */
function step(direction, event) {
  const asked = new CustomEvent("dgm:step", { detail: direction, cancelable: true });
  played()?.dispatchEvent(asked);
  if (!asked.defaultPrevented && !event.repeat && !isOpening()) take(direction > 0 ? "n" : "p");
}

/** The button of a half-step that a letter names. Where the other half is next, the letter does nothing. */
const half = (letter) => [...played()?.querySelectorAll(".dgm-named:not([hidden])") ?? []]
  .find((button) => button.dataset.key.toLowerCase() === letter);

/** The share of a figure that is on the screen. */
function shareSeen({ root }) {
  const { top, bottom, height } = root.getBoundingClientRect();
  return Math.max(0, Math.min(bottom, window.innerHeight) - Math.max(top, 0)) / height;
}

/** The figure on the full screen, or under the pointer, or the first one half of which is seen, or most of which. */
function fill() {
  const all = figures(), most = Math.min(0.5, Math.max(...all.map(shareSeen)));
  const chosen = all.find(({ filled }) => filled) ?? all.find(({ root }) => root.matches(":hover"))
    ?? all.find((figure) => shareSeen(figure) >= most);
  chosen?.toggle();
}

/** Does the focused element use the key itself? Arrows and Space belong to any control, letters to a field of text. */
function isTaken({ key }) {
  const focused = document.activeElement, field = focused?.matches("textarea, [contenteditable], select, input:not([type=range], [type=radio], [type=checkbox])");
  if (document.querySelector("[role=dialog], [role=listbox]")) return true;
  return field || ((key === " " || key.startsWith("Arrow")) && focused && focused !== document.body);
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
  const { key } = event, letter = key.toLowerCase(), direction = STEPS[key], named = half(letter);
  if (!direction && !WAYS[letter] && letter !== "f" && key !== " " && !named) return;
  event.preventDefault();
  if (direction) step(direction, event);
  else if (key === " ") played()?.querySelector(".dgm-play")?.click();
  else if (event.repeat) return;
  else if (named) named.click();
  else if (letter === "f") fill();
  else take(letter);
}

export default function () {
  globalThis.dgmHall?.abort();
  const listening = (globalThis.dgmHall = new AbortController());
  document.addEventListener("keydown", onKey, { signal: listening.signal });
  return () => listening.abort();
}
