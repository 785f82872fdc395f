// lecture_hall.js: the keys of the lecture hall. They press what is on the page: the links, the buttons of a playback.

const WAYS = { n: ".st-key-hall-next", p: ".st-key-hall-back", x: ".st-key-leave-hall" };
const STEPS = { PageDown: 1, PageUp: -1, ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const FIGURES = (globalThis[Symbol.for("dgm.figures")] ??= new Set());   // see full_screen.js

const OPENING = 3000;     // ms after a way was taken, at most, while the first figure behind it is being drawn
let takenAt = -OPENING;

const press = (selector) => document.querySelector(`${selector} :is(a, button)`)?.click();

function take(letter) {
  takenAt = performance.now();
  press(WAYS[letter]);
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

/** The figure on the full screen, or under the pointer, or the largest one. */
function fill() {
  const all = [...FIGURES].filter(({ root }) => root.isConnected && root.clientHeight);
  const area = ({ root }) => root.clientWidth * root.clientHeight;
  const chosen = all.find(({ filled }) => filled) ?? all.find(({ root }) => root.matches(":hover"))
    ?? all.sort((one, other) => area(other) - area(one))[0];
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
