// full_screen.js: a figure fills the screen: by a button in its corner, or by the key F. The browser gives the screen to the
// page, and the figure covers the page: so it stays filled when a figure is replaced by the next part's.

const CORNERS = {   // outlines in a box of 20 x 20
  fill: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5", leave: "M8 3v5H3M17 8h-5V3M12 17v-5h5M3 12h5v5",
};
// All figures of the page, for the keys of the lecture hall.
const FIGURES = (globalThis[Symbol.for("dgm.figures")] ??= new Set());

class FullScreen {
  /** root: the element that fills the screen. onChange: called with whether it does. */
  constructor(root, onChange) {
    Object.assign(this, { root, onChange, filled: false, listening: new AbortController() });
    this.path = makeSvg("path");
    this.button = make("button", { type: "button", class: "fill-button" },
      makeSvg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, this.path));
    this.button.addEventListener("click", () => this.toggle());
    root.append(this.button);
    document.addEventListener("fullscreenchange", () => document.fullscreenElement || this.show(false),
                              { signal: this.listening.signal });
    root.addEventListener("keydown", (event) => this.key(event));
    FIGURES.add(this);
    this.name();
  }

  /** Where the browser does not give the page the screen, the figure covers the page in its window. */
  async toggle() {
    if (this.filled) {
      this.show(false);
      if (document.fullscreenElement) document.exitFullscreen();
      return;
    }
    await document.documentElement.requestFullscreen?.().catch(() => {});
    this.show(true);
  }

  show(filled) {
    if (filled === this.filled) return;
    this.filled = filled;
    this.root.classList.toggle("fills-screen", filled);
    this.name();
    this.onChange(filled);
  }

  name() {
    const label = this.filled ? "Leave the full screen" : "Fill the screen";
    this.button.setAttribute("aria-label", label);
    this.button.title = `${label} (F)`;
    this.path.setAttribute("d", CORNERS[this.filled ? "leave" : "fill"]);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const leaves = event.key === "Escape" && this.filled;
    if (event.key.toLowerCase() !== "f" && !leaves) return;
    event.preventDefault();
    this.toggle();
  }

  dispose() {
    FIGURES.delete(this);
    this.listening.abort();
  }
}
