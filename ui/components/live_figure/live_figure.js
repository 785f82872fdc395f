// live_figure.js: one component is figures side by side, and what a visitor can do with them.

const LIVES = new WeakMap();
const NEAR = { rootMargin: "40% 0px", scrollMargin: "40% 0px" };   // a figure is drawn before it is scrolled into view
const REST = 150;   // milliseconds without a message after which figures that are near, but not in view, are drawn
const WORDS = new TextDecoder();

class Live {
  constructor(parent) {
    this.panels = [];
    this.edits = new Edits();
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

  /** Does the figure itself use pointer and arrow keys? */
  get pointing() { return Boolean(this.config.edit?.draw || this.config.hover || this.config.select); }

  update(component) {
    const text = WORDS.decode(component.data);
    if (text === this.text) return this.followTheme(component);
    this.text = text;
    this.config = JSON.parse(text);
    this.fill(this.edits.receive(this.config.key, this.config.base, component.setStateValue));
    this.redraw();
    this.paintInOrder();
  }

  /** Python's answer is late enough: what is in view does not wait for the next frame, nor for what is out of view. */
  paintInOrder() {
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

  /** The page changed between light and dark without a rerun: start one, as the figure's colours come from Python. */
  followTheme(component) {
    const type = isDark(this.root) ? "dark" : "light";
    if (!this.config.theme || type === this.config.theme || type === this.requested) return;
    this.requested = type;
    component.setTriggerValue("theme", type);
  }

  /** `holds`: the figures still show what they showed, so that edits and frame stay. */
  fill(holds) {
    this.requested = undefined;
    const { figures, alts, playback, edit, hover } = this.config;
    if (!holds) this.announce("");
    while (this.panels.length > figures.length) this.panels.pop().element.remove();
    while (this.panels.length < figures.length) this.add();
    this.panels.forEach((panel, i) => panel.update(figures[i], alts[i], this.pointing));
    this.part("transport", Transport, playback, holds);
    this.part("editor", Editor, edit, holds);
    this.part("hover", Hover, hover, holds);
  }

  add() {
    const panel = new Panel(this, this.panels.length);
    this.panels.push(panel);
    this.row.append(panel.element);
    new Pointing(this, panel);
  }

  /** Make, update or take away one of the optional parts. */
  part(name, Kind, config, holds) {
    if (!config) {
      this[name]?.leave?.();
      this[name]?.element?.remove();
      this[name] = null;
      return;
    }
    this[name] ??= new Kind(this);
    if (this[name].element && !this[name].element.isConnected) this.spoken.before(this[name].element);
    this[name].update(config, holds);
  }

  fail() {
    const message = "This figure needs a file that did not arrive. Check the connection and reload the page.";
    for (const panel of this.panels) panel.plot.textContent = message;
  }

  /** Draw before the next repaint; several calls before one repaint are one drawing. */
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
    this.editor?.placed();
    this.root.dataset.paints = String(Number(this.root.dataset.paints ?? 0) + 1);
    this.root.dataset.frame = String(this.index);
  }

  resize() {
    if (this.panels.some((panel) => drawnWidth(panel.plot) !== panel.element.clientWidth)) this.redraw();
  }

  announce(words) {
    this.spoken.textContent = words;
  }

  select(panel, at, reach) {
    const found = hit(panel, at, reach);
    if (!found) return;
    this.edits.commit({ clicked: { figure: panel.number, trace: found[0], point: found[1] } });
  }

  leave() {
    this.watching.disconnect();
    this.sighting.disconnect();
    this.viewing.disconnect();
    window.removeEventListener("beforeprint", this.printing);
    this.transport?.stop();
    cancelAnimationFrame(this.drawing);
    clearTimeout(this.later);
    for (const panel of this.panels) this.Plotly?.purge(panel.plot);
  }
}

export default function (component) {
  const parent = component.parentElement;
  if (!LIVES.has(parent)) LIVES.set(parent, new Live(parent));
  const live = LIVES.get(parent);
  live.update(component);
  return () => { live.leave(); live.root.remove(); LIVES.delete(parent); };
}
