// keep_focus.js: a press by key or screen reader keeps the focus. Streamlit makes some buttons anew when they are drawn
// again, and others go; then the browser would put the focus on the whole page.

const EACH = 50, LONGEST = 5000;    // ms between two looks, and in all

/** Where the focus goes: the button again, the answer that came in its place, or the question that is open again. */
function heir(own, question) {
  return document.querySelector(`${own} button:not(:disabled)`)
    ?? (question && document.querySelector(`${question} [class*="st-key-answer"], ${question} input`));
}

const selector = (element) => {
  const key = [...element?.classList ?? []].find((name) => name.startsWith("st-key-"));
  return key && `.${CSS.escape(key)}`;
};

function onClick({ target, detail }, signal) {
  const button = target.closest?.("button");
  if (detail > 0 || !button || button !== document.activeElement) return;      // by a pointer, or by a script
  const own = selector(button.closest('[class*="st-key-"]')), began = performance.now();
  const question = selector(button.closest('[class*="st-key-question"]'));
  if (!own) return;
  const stop = () => { clearInterval(timer); document.removeEventListener("keydown", stop, true); };
  const timer = setInterval(() => {
    if (signal.aborted || performance.now() - began > LONGEST) return stop();
    const now = document.activeElement;
    if (now && now !== document.body) return void (now !== button && stop());
    const next = heir(own, question);
    if (!next) return;
    if (!next.matches("button, input")) next.tabIndex = -1;
    next.focus({ preventScroll: true });
  }, EACH);
  document.addEventListener("keydown", stop, { capture: true, signal });
}

export default function () {
  globalThis.dgmFocus?.abort();
  const listening = (globalThis.dgmFocus = new AbortController()), { signal } = listening;
  document.addEventListener("click", (event) => onClick(event, signal), { signal, capture: true });
  return () => listening.abort();
}
