// plot.js: a panel draws one figure; what it draws is a function of (frame, edits, hover).

const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false, showTips: false };
/** plotly.js from our own host, loaded once per page however many figures need it. */
function plotly(url) {
  if (window.Plotly?.react) return Promise.resolve(window.Plotly);
  window.dgmPlotly ??= new Promise((ready, failed) => {
    const tag = document.createElement("script");
    tag.src = url;
    tag.onload = () => ready(window.Plotly);
    tag.onerror = () => { tag.remove(); window.dgmPlotly = undefined; failed(new Error("plotly.js did not load")); };
    document.head.append(tag);
  });
  return window.dgmPlotly;
}

const MARGINS = new Map();   // kind of figure -> margins it took last

class Panel {
  constructor(live, number) {
    this.live = live;
    this.number = number;
    this.plot = make("div", { class: "dgm-plot" });
    this.above = make("div", { class: "dgm-above" });   // drag handles and crosshair, outside the element that screen readers take as the picture
    this.element = make("div", { class: "dgm-panel dgm-waiting" }, this.plot, this.above);
  }

  update(figure, alt, interactive) {
    this.focusable = interactive || Boolean(figure.frames);
    this.base = { data: decode(figure.data ?? []), layout: decode(figure.layout ?? {}) };
    this.frames = figure.frames ?? [];   // decoded when they are shown
    this.views = [];
    this.alike = undefined;
    this.drawnAs = "";
    this.height = figure.layout?.height ?? 380;
    this.element.style.height = `${this.height}px`;
    this.plot.setAttribute("role", interactive ? "application" : "img");
    if (interactive) this.plot.setAttribute("aria-roledescription", "interactive figure");
    this.plot.setAttribute("aria-label", alt);
    if (this.focusable) this.plot.tabIndex = 0;
    else this.plot.removeAttribute("tabindex");
  }

  /** The figure at a frame: partial traces and layout merged into the base, once per frame. */
  view(index) {
    const raw = this.frames[Math.min(index, this.frames.length - 1)];
    if (!raw) return this.base;
    return (this.views[index] ??= this.laid(decode(raw)));
  }

  laid(frame) {
    return {
      data: (frame.data ?? []).reduce((data, part, i) => {
        const trace = frame.traces?.[i] ?? i;
        return data.with(trace, merge(data[trace], part));
      }, this.base.data),
      layout: merge(this.base.layout, frame.layout ?? {}),
    };
  }

  draw(index) {
    const { data, layout } = this.view(index), traces = data.map(clone);
    this.live.editor?.apply(this, traces, index);
    this.live.hover?.apply(this, traces, index);
    this.traces = traces;
    const width = this.element.clientWidth, state = `${width} ${Boolean(this.live.hover?.shown)}`;
    if (this.drawnAs === state && this.animates()) return this.animate(index);
    const size = { width, height: this.height, autosize: false, margin: this.margins(traces, layout, width) };
    const copies = traces.map((trace) => (dotted(trace) ? emptied(trace) : clone(trace)));   // plotly writes into them
    this.live.Plotly.react(this.plot, copies, { ...clone(layout), ...size }, CONFIG);
    scatterDots(this);
    this.followLegend();
    this.rememberMargins();
    this.element.classList.remove("dgm-waiting");
    this.drawnAs = state;
  }

  /**
   * The margins that a figure of this kind took last: plotly starts from the layout's own, finds its labels and legend
   * too wide for them and draws everything twice. They only ever grow, so axes do not move while labels change.
   */
  margins(traces, { margin, ...layout }, width) {
    const axes = Object.entries(layout).filter(([name]) => /^[xy]axis/.test(name)).map(([, axis]) => axis.title?.text ?? "");
    this.kind = JSON.stringify([width, this.height, margin, axes, layout.title?.text, layout.legend,
                                traces.map(({ type, name, showlegend }) => [type, name, showlegend])]);
    return MARGINS.get(this.kind) ?? clone(margin);
  }

  /** A trace that is switched in the legend takes its dots along. */
  followLegend() {
    if (this.following) return;
    this.following = true;
    for (const change of ["plotly_restyle", "plotly_update"]) this.plot.on(change, () => scatterDots(this));
  }

  rememberMargins() {
    if (MARGINS.size > 50) MARGINS.clear();
    MARGINS.set(this.kind, takenMargins(this.plot));
  }

  /** Can frames follow each other without a new layout? Two to three times as fast as a whole drawing. */
  animates() {
    this.alike ??= new Set(this.frames.map((f) => JSON.stringify([f.traces, f.data?.map(sets), f.layout ?? 0]))).size === 1;
    return this.alike && !this.live.editor && !this.live.hover?.shown && hasFixedRanges(this.plot)
      && this.traces.every((trace) => (trace.type ?? "scatter") === "scatter");
  }

  /** Only the traces that frames change. Plotly gives up a frame when the next one comes. */
  animate(index) {
    const numbers = this.frames[index].traces ?? this.frames[index].data.map((_, i) => i);
    const lines = numbers.filter((number) => !dotted(this.traces[number]));
    const step = { data: lines.map((number) => clone(this.traces[number])), traces: lines };
    const now = { mode: "immediate", transition: { duration: 0 }, frame: { duration: 0, redraw: false } };
    this.live.Plotly.animate(this.plot, step, now).catch(() => {});
    scatterDots(this);
  }

  /** The axes of a trace, or null before plotly has drawn and where there are none (3-D). */
  axes(trace) {
    return axesOf(this.plot, trace);
  }

  /** Pixels from data, relative to the panel. */
  pixels(trace, x, y) {
    const axes = this.axes(trace);
    return axes && [axes.x.pixel(x), axes.y.pixel(y)];
  }

  /** Data from pixels, kept inside the axes. */
  data(trace, [left, top]) {
    const { x, y } = this.axes(trace);
    return [x.value(left), y.value(top)];
  }

  /** The rectangle of a trace's axes, or null where there are none. */
  area(trace = this.base.data[0]) {
    const axes = this.axes(trace);
    if (!axes) return null;
    return { left: axes.x.start, top: axes.y.start, width: axes.x.length, height: axes.y.length };
  }

  inside([left, top], trace) {
    const area = this.area(trace);
    return Boolean(area) && left >= area.left && left <= area.left + area.width && top >= area.top
      && top <= area.top + area.height;
  }

  place(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
