// pointing.js: mouse, finger and the keyboard's crosshair on a panel.

/** Mouse, finger and the keyboard's crosshair: all of them point at a place, and press it. */
class Pointing {
  constructor(live, panel) {
    Object.assign(this, { live, panel, cross: make("div", { class: "dgm-cross", hidden: true }) });
    panel.above.append(this.cross);
    const on = (name, act) => panel.plot.addEventListener(name, (event) => this.live.pointing && act(event), true);
    on("pointermove", (event) => event.pointerType !== "touch" && this.point(panel.place(event), "mouse"));
    on("pointerdown", (event) => this.push(event));
    on("pointerleave", (event) => event.target === panel.plot && event.pointerType !== "touch" && this.point(null));
    on("keydown", (event) => this.key(event));
    on("blur", () => { this.cross.hidden = true; });
  }

  point(at, kind) {
    this.live.hover?.at(this.panel, at, REACH[kind]);
  }

  /** plotly lays a cover over the page while a button is down, so the release is listened for on the window. */
  push(event) {
    this.pressed = this.panel.place(event);
    this.lifting?.abort();
    this.lifting = new AbortController();
    const once = { capture: true, once: true, signal: this.lifting.signal };
    window.addEventListener("pointerup", (up) => this.lift(up), once);
    window.addEventListener("pointercancel", () => this.lifting.abort(), once);
  }

  /** A press that stayed in its place is a click, any other was a scroll. */
  lift(event) {
    const at = this.panel.place(event), from = this.pressed;
    this.lifting.abort();
    if (event.button || Math.hypot(at[0] - from[0], at[1] - from[1]) > 8) return;
    this.press(at, event.pointerType || "mouse");
  }

  press(at, kind) {
    const { config, editor } = this.live;
    this.point(at, kind);
    if (config.edit?.draw && this.panel === editor.panel) editor.click(at, REACH[kind]);
    if (config.select) this.live.select(this.panel, at, REACH[kind]);
  }

  key(event) {
    const way = ARROWS[event.key], area = this.panel.area();
    if (event.target !== this.panel.plot || !area) return;
    if (event.key === "Escape") { this.cross.hidden = true; return this.point(null); }
    if (!way && event.key !== "Enter") return;
    event.preventDefault();
    this.at ??= [area.left + area.width / 2, area.top + area.height / 2];
    if (event.key === "Enter" && !this.cross.hidden) return this.press(this.at, "keyboard");
    const step = event.shiftKey ? 40 : 8;
    if (way && !this.cross.hidden) {
      this.at = [Math.min(Math.max(this.at[0] + way[0] * step, area.left), area.left + area.width),
                 Math.min(Math.max(this.at[1] + way[1] * step, area.top), area.top + area.height)];
    }
    this.cross.hidden = false;
    this.cross.style.transform = `translate(${this.at[0]}px, ${this.at[1]}px)`;
    this.point(this.at, "keyboard");
  }
}
