// copy_link.js: the button copies the address.

const TEXTS = { idle: "Copy link", done: "Link copied", failed: "Copy it from the field" };
const WITHOUT = { table: ", without your table", pictures: ", without your pictures", digit: ", without your digit" };
const SHOWN = 2000;   // milliseconds for which the button says what became of the press; twice as long what is missing

/** The address in a field, where the browser lets no script write the clipboard, as inside another site's page. */
function field(button) {
  const made = Object.assign(document.createElement("input"), { type: "text", readOnly: true });
  made.setAttribute("aria-label", "Link to this state");
  made.addEventListener("blur", () => made.remove());
  button.after(made);
  return made;
}

/** What the page shows and no link carries, in words: `share_link.not_in_link` marks it, in a closed expander too. */
const missing = () => Object.entries(WITHOUT)
  .find(([what]) => document.querySelector(`[class*="st-key-not-in-link-${what}-"]`))?.[1] ?? "";

async function copy(button) {
  const label = button.querySelector("span"), address = window.location.href, without = missing();
  try {
    await navigator.clipboard.writeText(address);
    label.textContent = TEXTS.done + without;
  } catch {
    label.textContent = TEXTS.failed + without;
    const shown = button.parentElement.querySelector("input") ?? field(button);
    shown.value = address;
    shown.focus();
    shown.select();
  }
  setTimeout(() => { label.textContent = TEXTS.idle; }, without ? 2 * SHOWN : SHOWN);
}

// Called again at every change of the theme: a property is set once.
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  button.onclick = () => copy(button);
}
