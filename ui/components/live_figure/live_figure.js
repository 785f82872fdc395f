// live_figure.js: one component = figures side by side + what the hand may do with them.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LIVES = new WeakMap();
const NEAR = { rootMargin: "40% 0px", scrollMargin: "40% 0px" };   // a figure is drawn before it is scrolled into view
const REST = 150;   // milliseconds without news after which what is near, but not in view, is drawn
const WORDS = new TextDecoder();

/** Is the page behind this element dark? */
function dark(element) {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#ffffff";
  return parseInt(probe.fillStyle.slice(3, 5), 16) < 128;
}

class Live {
  constructor(parent) {
    this.panels = [];
    this.row = make("div", { class: "dgm-figures" });
    this.spoken = make("div", { class: "dgm-spoken", role: "status", "aria-live": "polite" });
    this.root = make("div", { class: "dgm-live" }, this.row, this.spoken);
    parent.append(this.root);
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(this.root);
    this.sighting = new IntersectionObserver((seen) => this.sight(seen.at(-1).isIntersecting), NEAR);
    this.viewing = new IntersectionObserver((seen) => this.view(seen.at(-1).isIntersecting));
    for (const observer of [this.sighting, this.viewing]) observer.observe(this.root);
    window.addEventListener("beforeprint", this.printing = () => { this.near = true; this.paint(); });
  }

  get index() { return this.transport?.index ?? 0; }

  /** Does the figure itself take pointer and arrow keys? */
  get pointing() { return Boolean(this.config.edit?.draw || this.config.hover || this.config.select); }

  async update(component) {
    this.said = component.setStateValue;
    const text = WORDS.decode(component.data);
    if (text === this.text) return this.repaper(component);
    this.text = text;
    const config = JSON.parse(text);
    if (this.config && config.of !== this.config.of) this.forget();
    this.config = config;
    this.fill();
    this.redraw();
    // Python's answer is late enough: what is in view does not wait for the next frame, nor for what is out of view.
    if (!this.drawing) return;
    if (this.viewed) return this.paint();
    cancelAnimationFrame(this.drawing);
    this.drawing = undefined;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.paint(), REST);
  }

  view(viewed) {
    this.viewed = viewed;
    if (viewed && this.later) this.paint();
  }

  /** plotly.js is fetched for the first figure that comes near, not before. */
  async load() {
    this.loading = true;
    try {
      this.Plotly = await plotly(this.config.plotly);
    } catch {
      this.loading = false;
      return this.fail();
    }
    this.redraw();
  }

  /** The page changed between light and dark without a run: ask for one, as the figure's colours come from Python. */
  repaper(component) {
    const type = dark(this.root) ? "dark" : "light";
    if (!this.config.theme || type === this.config.theme || type === this.asked) return;
    this.asked = type;
    component.setTriggerValue("theme", type);
  }

  /** Tell Python; in a slot, of which figure. */
  tell(name, value) {
    const { of } = this.config;
    this.said(name, of === null ? value : { ...(name === "frame" ? { frame: value } : value), of });
  }

  /** Another figure takes this place: what the hand did belonged to the one before. */
  forget() {
    this.transport?.hold();
    this.edit?.leave();
    for (const name of ["transport", "edit", "hover"]) this.part(name, null, null);
    this.say("");
  }

  fill() {
    this.asked = undefined;
    const { figures, alts } = this.config;
    while (this.panels.length > figures.length) this.panels.pop().element.remove();
    while (this.panels.length < figures.length) this.add();
    this.panels.forEach((panel, i) => panel.update(figures[i], alts[i], this.pointing));
    this.part("transport", Transport, this.config.playback);
    this.part("edit", Edit, this.config.edit);
    this.part("hover", Hover, this.config.hover);
  }

  add() {
    const panel = new Panel(this, this.panels.length);
    this.panels.push(panel);
    this.row.append(panel.element);
    new Pointing(this, panel);
  }

  /** Make, update or take away one of the optional parts. */
  part(name, Kind, config) {
    if (!config) {
      this[name]?.element?.remove();
      this[name] = null;
      return;
    }
    this[name] ??= new Kind(this);
    if (this[name].element && !this[name].element.isConnected) this.spoken.before(this[name].element);
    this[name].update(config);
  }

  fail() {
    const message = "This figure needs a file that did not arrive. Check the connection and reload the page.";
    for (const panel of this.panels) panel.plot.textContent = message;
  }

  /** Draw before the next repaint; several wishes within one repaint are one drawing. */
  redraw(which) {
    this.wanted = which && this.wanted !== "all" ? new Set([...this.wanted ?? [], ...which]) : "all";
    if (!this.near || !this.config) return;
    if (this.Plotly) this.drawing ??= requestAnimationFrame(() => this.paint());
    else if (!this.loading) this.load();
  }

  /** Only what can be seen is drawn: figures further down the page wait, so that this one answers at once. */
  sight(near) {
    this.near = near;
    if (near && this.wanted) this.redraw(this.wanted === "all" ? undefined : this.wanted);
  }

  paint() {
    cancelAnimationFrame(this.drawing);
    clearTimeout(this.later);
    this.drawing = this.later = undefined;
    if (!this.Plotly || !this.wanted || !this.root.clientWidth) return;
    const wanted = this.wanted;
    this.wanted = undefined;
    for (const panel of this.panels) if (wanted === "all" || wanted.has(panel.number)) panel.draw(this.index);
    this.edit?.placed();
    this.root.dataset.paints = String(Number(this.root.dataset.paints ?? 0) + 1);
    this.root.dataset.frame = String(this.index);
  }

  resize() {
    if (this.panels.some((panel) => panel.plot._fullLayout?.width !== panel.element.clientWidth)) this.redraw();
  }

  say(words) {
    this.spoken.textContent = words;
  }

  select(panel, at, reach) {
    const found = hit(panel, at, reach);
    if (!found) return;
    this.clicks = Math.max(this.clicks ?? 0, this.config.select.turn) + 1;
    this.tell("clicked", { turn: this.clicks, figure: panel.number, trace: found[0], point: found[1] });
  }

  leave() {
    this.watching.disconnect();
    this.sighting.disconnect();
    this.viewing.disconnect();
    window.removeEventListener("beforeprint", this.printing);
    this.transport?.hold();
    cancelAnimationFrame(this.drawing);
    clearTimeout(this.later);
    for (const panel of this.panels) this.Plotly?.purge(panel.plot);
  }
}

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

  /** A press that did not wander is a click; what wandered was a scroll. */
  lift(event) {
    const at = this.panel.place(event), from = this.pressed;
    this.lifting.abort();
    if (event.button || Math.hypot(at[0] - from[0], at[1] - from[1]) > 8) return;
    this.press(at, event.pointerType || "mouse");
  }

  press(at, kind) {
    const { config, edit } = this.live;
    this.point(at, kind);
    if (config.edit?.draw && this.panel === edit.panel) edit.click(at, REACH[kind]);
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
    const pace = event.shiftKey ? 40 : 8;
    if (way && !this.cross.hidden) {
      this.at = [Math.min(Math.max(this.at[0] + way[0] * pace, area.left), area.left + area.width),
                 Math.min(Math.max(this.at[1] + way[1] * pace, area.top), area.top + area.height)];
    }
    this.cross.hidden = false;
    this.cross.style.transform = `translate(${this.at[0]}px, ${this.at[1]}px)`;
    this.point(this.at, "keyboard");
  }
}

export default function (component) {
  const parent = component.parentElement;
  if (!LIVES.has(parent)) LIVES.set(parent, new Live(parent));
  const live = LIVES.get(parent);
  live.update(component);
  return () => { live.leave(); live.root.remove(); LIVES.delete(parent); };
}
