// live_figure.js: the component, figures side by side with playback, edits and hover link.

const INSTANCES = new WeakMap();   // by parent element
const NEAR = { rootMargin: "40% 0px", scrollMargin: "40% 0px" };   // a figure is drawn before it is scrolled into view
const DELAY = 150;   // milliseconds after the last message when figures that are near, but not in view, are drawn
const IDLE = 2500;   // milliseconds after which plotly.js is loaded for figures that nobody has come near: for printing
const UTF8 = new TextDecoder();
const PRINT = matchMedia("print");

class Live {
  constructor(parent) {
    this.panels = [];
    this.edits = new Edits();
    this.row = make("div", { class: "dgm-figures" });
    this.liveRegion = make("div", { class: "dgm-live-region", role: "status", "aria-live": "polite" });
    this.saveFigure = new SaveFigure(this);
    this.root = make("div", { class: "dgm-live" }, this.row, this.liveRegion, this.saveFigure.element);
    parent.append(this.root);
    this.filling = new Filling(this);
    this.fullScreen = new FullScreen(this.root, () => this.filling.fit());
    this.root.addEventListener("dgm:step", (event) => this.transport?.stepBy(event.detail) && event.preventDefault());
    for (const name of ["pointerenter", "focusin"]) this.root.addEventListener(name, () => this.settle());
    this.resizeObserver = new ResizeObserver(() => this.resize());
    this.resizeObserver.observe(this.root);
    this.nearObserver = new IntersectionObserver((entries) => this.setNear(entries.at(-1).isIntersecting), NEAR);
    this.viewObserver = new IntersectionObserver((entries) => this.setInView(entries.at(-1).isIntersecting));
    for (const observer of [this.nearObserver, this.viewObserver]) observer.observe(this.root);
    this.onPrint = ({ type, matches }) => this.print(matches ?? type === "beforeprint");
    for (const name of ["beforeprint", "afterprint"]) window.addEventListener(name, this.onPrint);
    PRINT.addEventListener("change", this.onPrint);
    this.idleTimer = setTimeout(() => this.config && loadPlotly(this.config.plotly).catch(() => {}), IDLE);
  }

  get index() { return this.transport?.index ?? 0; }

  /** Do the figures themselves use pointer and arrow keys? */
  get interactive() { return Boolean(this.config.edit?.draw || this.config.hover || this.config.select); }

  update(component) {
    const text = UTF8.decode(component.data);
    if (text === this.text) return;   // Streamlit calls with a change of the theme too
    this.text = text;
    this.config = JSON.parse(text);
    this.updateParts(this.edits.receive(this.config.key, this.config.base, component.setStateValue));
    this.redraw();
    this.schedulePaint();
  }

  /** After a message: paint what is in view now, not in the next frame, and the rest later. */
  schedulePaint() {
    if (!this.frameRequest) return;
    if (this.inView) return this.paint();
    cancelAnimationFrame(this.frameRequest);
    this.frameRequest = undefined;
    clearTimeout(this.paintTimer);
    this.paintTimer = setTimeout(() => this.paint(), DELAY);
  }

  setInView(inView) {
    this.inView = inView;
    if (inView && this.paintTimer) this.paint();
  }

  /** Load plotly.js, when the first figure comes near the view. */
  async load() {
    this.loading = true;
    try {
      this.Plotly = await loadPlotly(this.config.plotly);
    } catch {
      this.loading = false;
      return this.showFailure();
    }
    this.redraw();
  }

  /** `unchanged`: the base has the same version, so that edits and frame stay valid. */
  updateParts(unchanged) {
    const { figures, alts, playback, edit, hover } = this.config;
    if (!unchanged) this.announce("");
    while (this.panels.length > figures.length) this.removePanel(this.panels.pop());
    while (this.panels.length < figures.length) this.addPanel();
    this.panels.forEach((panel, i) => panel.update(figures[i], alts[i], this.interactive));
    this.updatePart("transport", Transport, playback, unchanged);
    this.updatePart("editor", Editor, edit, unchanged);
    this.updatePart("hover", Hover, hover, unchanged);
    this.filling.fit();
  }

  addPanel() {
    const panel = new Panel(this, this.panels.length);
    this.panels.push(panel);
    this.row.append(panel.element);
    panel.pointing = new Pointing(this, panel);
  }

  removePanel(panel) {
    panel.dispose();
    setTimeout(() => this.Plotly?.purge(panel.plot));   // later: plotly still takes this moment's events
  }

  /** Make, update or remove one of the optional parts. */
  updatePart(name, Part, config, unchanged) {
    if (!config) {
      this[name]?.dispose?.();
      this[name] = null;
      return;
    }
    this[name] ??= new Part(this);
    if (this[name].element && !this[name].element.isConnected) this.liveRegion.before(this[name].element);
    this[name].update(config, unchanged);
  }

  showFailure() {
    const message = "This figure needs a file that did not arrive. Check the connection and reload the page.";
    for (const panel of this.panels) panel.plot.textContent = message;
  }

  /** Paint the panels with these numbers, or all, in the next animation frame; several calls before it are one painting. */
  redraw(which) {
    this.pending = which && this.pending !== "all" ? new Set([...this.pending ?? [], ...which]) : "all";
    if (!this.near || !this.config) return;
    if (this.Plotly) this.frameRequest ??= requestAnimationFrame(() => this.paint());
    else if (!this.loading) this.load();
  }

  settle() {
    for (const panel of this.panels) panel.settle();
  }

  /** Figures far below the view are not painted, so that those in view are painted at once. */
  setNear(near) {
    this.near = near;
    if (near && this.pending) this.redraw(this.pending === "all" ? undefined : this.pending);
  }

  paint() {
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.paintTimer);
    this.frameRequest = this.paintTimer = undefined;
    if (!this.Plotly || !this.pending || !this.root.clientWidth) return;
    const { pending } = this;
    this.pending = undefined;
    for (const panel of this.panels) if (pending === "all" || pending.has(panel.number)) panel.draw(this.index);
    this.editor?.afterPaint();
    this.root.dataset.paints = String(Number(this.root.dataset.paints ?? 0) + 1);
    this.root.dataset.frame = String(this.index);
  }

  /**
   * For a sheet of paper all figures are painted now, because no later moment comes before the printing, and they scale
   * with the sheet's width, which is known to the browser's print styles alone.
   */
  print(begins) {
    const restyled = this.config?.theme === "dark" && begins !== Boolean(this.printing);
    this.printing = begins;
    if (begins) this.settle();
    if (restyled) this.pending = "all";
    if (begins || restyled) {
      this.Plotly ??= window.Plotly;
      for (const panel of this.panels) panel.drawnState = "";
      this.paint();
    }
    for (const panel of this.panels) panel.scale(begins);
    this.resize();
  }

  resize() {
    if (this.printing) return;
    if (this.config) this.filling.fit();
    if (this.panels.some((panel) => drawnWidth(panel.plot) !== panel.element.clientWidth)) this.redraw();
  }

  announce(text) {
    this.liveRegion.textContent = text;
  }

  select(panel, at, reach) {
    const found = hit(panel, at, reach);
    if (!found) return;
    this.edits.commit({ clicked: { figure: panel.number, trace: found[0], point: found[1] } });
  }

  dispose() {
    this.filling.dispose();
    this.fullScreen.dispose();
    this.resizeObserver.disconnect();
    this.nearObserver.disconnect();
    this.viewObserver.disconnect();
    for (const name of ["beforeprint", "afterprint"]) window.removeEventListener(name, this.onPrint);
    PRINT.removeEventListener("change", this.onPrint);
    clearTimeout(this.idleTimer);
    for (const part of [this.transport, this.editor]) part?.dispose();
    cancelAnimationFrame(this.frameRequest);
    clearTimeout(this.paintTimer);
    for (const panel of this.panels.splice(0)) this.removePanel(panel);
    this.edits.dispose();
    this.root.remove();
  }
}

/** Another figure may now be the page's first one. */
const figuresChanged = () => window.dispatchEvent(new Event("dgm:figures"));

export default function (component) {
  const parent = component.parentElement;
  const isNew = !INSTANCES.has(parent);
  if (isNew) INSTANCES.set(parent, new Live(parent));
  const live = INSTANCES.get(parent);
  live.update(component);
  if (isNew) figuresChanged();
  return () => { live.dispose(); INSTANCES.delete(parent); figuresChanged(); };
}
