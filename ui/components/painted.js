// Tells Python once that the browser has painted what came before this component on the page.

const LONGEST = 1500; // milliseconds to wait for an idle moment
const observed = new WeakSet();

export default function ({ parentElement, setStateValue }) {
  if (observed.has(parentElement)) return;
  observed.add(parentElement);
  const report = () => setStateValue("painted", true);
  requestAnimationFrame(() => (globalThis.requestIdleCallback ?? setTimeout)(report, { timeout: LONGEST }));
}
