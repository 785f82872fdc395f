// Tells Python once that the browser has had the time to paint what came before this component on the page.

const FIRST_SCREEN = 500; // milliseconds: components above load their scripts, which leaves idle moments in between
const LONGEST = 1500;     // milliseconds to wait for an idle moment after that
const listening = new WeakMap();    // parent -> what ends its waiting

export default function ({ parentElement, setStateValue }) {
  if (!listening.has(parentElement)) {
    const removed = new AbortController();
    const report = () => removed.signal.aborted || setStateValue("painted", true);
    setTimeout(() => (globalThis.requestIdleCallback ?? setTimeout)(report, { timeout: LONGEST }), FIRST_SCREEN);
    listening.set(parentElement, removed);
  }
  return () => { listening.get(parentElement)?.abort(); listening.delete(parentElement); };
}
