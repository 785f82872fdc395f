// save_menu.js: a button that opens a list of files to save, and the files' names.

const NO_STATE = new Set(["part", "hide", "present", "reveal", "answers", "code", "more"]);   // parameters of no content
const LONGEST_STATE = 80;   // letters of a file's name that say the state

/** A file's name: what is saved, and the state in which, from the link. */
function fileName(name, kind, extra = "") {
  const state = [...new URLSearchParams(window.location.search)]
    .filter(([key]) => !NO_STATE.has(key) && !key.startsWith("embed")).map(([key, value]) => `${key}=${value}`).join(" ");
  const words = [name, extra, state.slice(0, LONGEST_STATE)].filter(Boolean).join(" ");
  return `${words.normalize("NFKD").replace(/[^\w.=+~-]+/g, "_").replace(/^[_.]+|[_.]+$/g, "")}.${kind}`;
}

/** Give the visitor a file. content: a Blob, bytes or a text. */
function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = make("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const TEXT = "Save", DONE = "Saved", SHOWN = 2000;    // of the button, which says for so many milliseconds that a file was saved
const SVG_TYPE = "image/svg+xml", CSV_TYPE = "text/csv;charset=utf-8", PNG_TYPE = "image/png";

/** A button "Save" with its list, made when it is opened. entries(): {label: function}, or why there are none; a function may return a promise. */
class SaveMenu {
  constructor(what, entries) {
    Object.assign(this, { entries });
    this.button = make("summary", { title: `Save ${what}: picture or numbers` }, make("span", { "aria-live": "polite" }, TEXT));
    this.list = make("div", { class: "dgm-save-list", role: "group", "aria-label": `Save ${what}` });
    this.status = make("p", { class: "dgm-save-status", role: "status", "aria-live": "polite" });
    this.box = make("div", { class: "dgm-save-box" }, this.list, this.status);
    this.element = make("details", { class: "dgm-save" }, this.button, this.box);
    this.button.addEventListener("click", () => this.fill());   // before `toggle`, so that Tab finds the list
    this.element.addEventListener("toggle", () => this.toggled());
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !this.element.contains(relatedTarget) && this.close());
  }

  fill() {
    const entries = this.entries(), none = typeof entries === "string";
    this.status.textContent = none ? entries : "";
    this.list.replaceChildren(...Object.entries(none ? {} : entries).map(([label, save]) => {
      const made = make("button", { type: "button" }, label);
      made.addEventListener("click", () => this.save(save));
      return made;
    }));
  }

  open() {
    this.fill();
    this.element.open = true;
    this.button.focus();
  }

  toggled() {
    this.pressListener?.abort();
    if (!this.element.open) return;
    this.pressListener = new AbortController();
    window.addEventListener("pointerdown", (event) => event.composedPath().includes(this.element) || this.close(),
                            { capture: true, signal: this.pressListener.signal });
    this.place();
  }

  /** Above the button where the window has no room below it. */
  place() {
    const { classList } = this.element;
    classList.remove("dgm-save-up");
    const { height, bottom } = this.box.getBoundingClientRect(), above = this.button.getBoundingClientRect().top;
    classList.toggle("dgm-save-up", bottom > window.innerHeight && above > height);
  }

  close() {
    if (!this.busy) this.element.open = false;
  }

  key(event) {
    if (event.key !== "Escape" || !this.element.open) return;
    event.stopPropagation();
    this.close();
    this.button.focus();
  }

  /** One file at a time. The list closes once it is saved, and the button says so; it stays open to say that it failed. */
  async save(write) {
    if (this.busy) return;
    this.busy = true;
    try {
      this.say(`Saved: ${await write((text) => this.say(text))}`);
      this.leave();
    } catch (error) {
      console.warn(error);
      this.say("This browser could not make the file.");
    } finally {
      this.busy = false;
    }
  }

  leave() {
    if (this.element.matches(":focus-within")) this.button.focus();
    this.element.open = false;
    setText(this.button.firstChild, DONE);
    setTimeout(() => setText(this.button.firstChild, TEXT), SHOWN);
  }

  say(text) {
    setText(this.status, text);
  }
}
