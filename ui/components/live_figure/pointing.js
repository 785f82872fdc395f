// pointing.js: mouse, finger and the keyboard's crosshair on a panel.

/** Mouse, finger and the keyboard's crosshair: each points at a position and activates it. */
class Pointing {
  constructor(live, panel) {
    Object.assign(this, { live, panel, cross: make("div", { class: "dgm-cross", hidden: true }) });
    panel.overlay.append(this.cross);
    const on = (name, handle) => panel.plot.addEventListener(name, (event) => this.live.interactive && handle(event), true);
    on("pointermove", (event) => event.pointerType !== "touch" && this.point(panel.position(event), "mouse"));
    on("pointerdown", (event) => this.pointerDown(event));
    on("pointerleave", (event) => event.target === panel.plot && event.pointerType !== "touch" && this.point(null));
    on("keydown", (event) => this.key(event));
    on("blur", () => { this.cross.hidden = true; });
  }

  point(at, kind) {
    this.live.hover?.pointAt(this.panel, at, REACH[kind]);
  }

  /** plotly covers the page while a button is down, so the release is listened for on the window. */
  pointerDown(event) {
    this.start = this.panel.position(event);
    this.releaseListeners?.abort();
    this.releaseListeners = new AbortController();
    const once = { capture: true, once: true, signal: this.releaseListeners.signal };
    window.addEventListener("pointerup", (up) => this.pointerUp(up), once);
    window.addEventListener("pointercancel", () => this.releaseListeners.abort(), once);
  }

  dispose() { this.releaseListeners?.abort(); }

  /** A release near the press is a click; any other is a scroll. */
  pointerUp(event) {
    const at = this.panel.position(event), from = this.start;
    this.releaseListeners.abort();
    if (event.button || Math.hypot(at[0] - from[0], at[1] - from[1]) > 8) return;
    this.activate(at, event.pointerType || "mouse");
  }

  activate(at, kind) {
    const { config, editor } = this.live;
    this.point(at, kind);
    if (config.edit?.draw && this.panel === editor.panel) editor.click(at, REACH[kind]);
    if (config.select) this.live.select(this.panel, at, REACH[kind]);
  }

  key(event) {
    const direction = ARROWS[event.key], area = this.panel.area();
    if (event.target !== this.panel.plot || !area) return;
    if (event.key === "Escape") { this.cross.hidden = true; return this.point(null); }
    if (!direction && event.key !== "Enter") return;
    event.preventDefault();
    this.at ??= [area.left + area.width / 2, area.top + area.height / 2];
    if (event.key === "Enter" && !this.cross.hidden) return this.activate(this.at, "keyboard");
    const step = event.shiftKey ? 40 : 8;
    if (direction && !this.cross.hidden) {
      this.at = [Math.min(Math.max(this.at[0] + direction[0] * step, area.left), area.left + area.width),
                 Math.min(Math.max(this.at[1] + direction[1] * step, area.top), area.top + area.height)];
    }
    this.cross.hidden = false;
    this.cross.style.transform = `translate(${this.at[0]}px, ${this.at[1]}px)`;
    this.point(this.at, "keyboard");
  }
}
