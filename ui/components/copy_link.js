// copy_link.js: the button copies the address; a switch between light and dark reruns the page.

const TEXTS = { idle: "Copy link to this state", done: "Link copied", failed: "Copy the address bar instead" };
const themes = new WeakMap();   // button -> the theme of the last call

async function copy(label) {
  try {
    await navigator.clipboard.writeText(window.location.href);
    label.textContent = TEXTS.done;
  } catch {
    label.textContent = TEXTS.failed;
  }
  setTimeout(() => { label.textContent = TEXTS.idle; }, 2000);
}

export default function ({ parentElement, setTriggerValue }) {
  const button = parentElement.querySelector("button"), theme = isDark(button) ? "dark" : "light";
  const first = !themes.has(button);
  if (!first && themes.get(button) !== theme) setTriggerValue("theme", theme);
  themes.set(button, theme);
  if (first) button.addEventListener("click", () => copy(button.querySelector("span")));
}
