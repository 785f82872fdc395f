// copy_link.js: the button copies the address.

const TEXTS = { idle: "Copy link", done: "Link copied", failed: "Copy it from the field" };
const SHOWN = 2000;   // milliseconds for which the button says what became of the press

/** The address in a field, where the browser lets no script write the clipboard, as inside another site's page. */
function field(button) {
  const made = Object.assign(document.createElement("input"), { type: "text", readOnly: true });
  made.setAttribute("aria-label", "Link to this state");
  made.addEventListener("blur", () => made.remove());
  button.after(made);
  return made;
}

async function copy(button) {
  const label = button.querySelector("span"), address = window.location.href;
  try {
    await navigator.clipboard.writeText(address);
    label.textContent = TEXTS.done;
  } catch {
    label.textContent = TEXTS.failed;
    const shown = button.parentElement.querySelector("input") ?? field(button);
    shown.value = address;
    shown.focus();
    shown.select();
  }
  setTimeout(() => { label.textContent = TEXTS.idle; }, SHOWN);
}

// Called again at every change of the theme: a property is set once.
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  button.onclick = () => copy(button);
}
