// Asks for a rerun when the theme is not the one that Python drew the page for: formulas and images have Python's colours.

const ASKED = new WeakMap();   // element -> the theme that was asked for

export default function ({ parentElement, data, setTriggerValue }) {
  const now = isDark(parentElement) ? "dark" : "light";
  if (!data.theme || now === data.theme) return void ASKED.delete(parentElement);
  if (ASKED.get(parentElement) === now) return;
  ASKED.set(parentElement, now);
  setTriggerValue("theme", now);
}
