// plot.js: a panel draws one figure, as a function of (frame, edits, hover).

const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false, showTips: false };

/** plotly.js, loaded once per page. path: relative to this module, whose URL has the app's path on its host. */
function loadPlotly(path) {
  if (window.Plotly?.react) return Promise.resolve(window.Plotly);
  window.dgmPlotly ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = new URL(path, import.meta.url).href;
    tag.onload = () => resolve(window.Plotly);
    tag.onerror = () => { tag.remove(); window.dgmPlotly = undefined; reject(new Error("plotly.js did not load")); };
    document.head.append(tag);
  });
  return window.dgmPlotly;
}

const PAUSE = 1000;          // milliseconds without a change, after which plotly draws what was only moved
const NUMBER = /[−-]?\d[\d.,]*/g;   // in names that change with their numbers
const MARGINS = new Map();   // key of `marginKey` -> margins of the last drawing

class Panel {
  constructor(live, number) {
    this.live = live;
    this.number = number;
    this.plot = make("div", { class: "dgm-plot" });
    // Drag handles and crosshair: outside the plot, which is one image for screen readers.
    this.overlay = make("div", { class: "dgm-overlay" });
    this.element = make("div", { class: "dgm-panel dgm-waiting" }, this.plot, this.overlay);
  }

  update(figure, alt, interactive) {
    this.focusable = interactive || Boolean(figure.frames);
    this.base = { data: decode(figure.data ?? []), layout: decode(figure.layout ?? {}) };
    this.frames = figure.frames ?? [];   // decoded when shown
    this.views = [];
    this.framesMatch = undefined;
    this.renewed = true;
    this.ownHeight = figure.layout?.height ?? 380;
    this.plot.setAttribute("role", interactive ? "application" : "img");
    if (interactive) this.plot.setAttribute("aria-roledescription", "interactive figure");
    this.plot.setAttribute("aria-label", alt);
    if (this.focusable) this.plot.tabIndex = 0;
    else this.plot.removeAttribute("tabindex");
  }

  /** Set the scale of text and the height, null for its own; whether one of them is new. */
  resize(scale, height) {
    const pixels = Math.round(height ?? this.ownHeight * (1 + scale) / 2);   // text grows faster than its figure
    if (scale === this.scaled && pixels === this.height) return false;
    Object.assign(this, { scaled: scale, height: pixels, drawnState: "" });
    this.element.style.height = `${pixels}px`;
    return true;
  }

  /** The figure at a frame: partial traces and layout merged into the base, once per frame. */
  view(index) {
    const raw = this.frames[Math.min(index, this.frames.length - 1)];
    if (!raw) return this.base;
    return (this.views[index] ??= this.withFrame(decode(raw)));
  }

  withFrame(frame) {
    return {
      data: (frame.data ?? []).reduce((data, part, i) => {
        const trace = frame.traces?.[i] ?? i;
        return data.with(trace, merge(data[trace], part));
      }, this.base.data),
      layout: merge(this.base.layout, frame.layout ?? {}),
    };
  }

  /** The traces and the layout of a frame as they are shown: with edits and hover link, in their size and colours. */
  shownAt(index) {
    const { data, layout: shared } = this.view(index), edited = data.map(clone), changed = clone(shared);
    this.live.editor?.apply(this, edited, index, changed);
    this.live.hover?.apply(this, edited, index, changed);
    const [traces, layout] = [edited, changed].map((part) => this.restyled(part));
    const width = this.element.clientWidth;
    traces.forEach((trace, i) => { if (trace.meta?.pies) traces[i] = roundPies(trace, width, this.height); });
    return { traces, layout, width };
  }

  draw(index) {
    const { traces, layout, width } = this.shownAt(index);
    this.traces = traces;
    const state = `${width} ${Boolean(this.live.hover?.shown)}`;
    if (this.drawnState === state && !this.renewed && this.canAnimate()) return this.animate(index);
    if (this.drawnState === state && this.move(traces, layout)) return;
    endDragPaint(this);
    clearTimeout(this.restTimer);
    this.restTimer = undefined;
    this.plotlyDraws(traces, layout, width);
    drawDots(this);
    this.followLegend();
    this.element.classList.remove("dgm-waiting");
    this.drawnState = state;
    this.renewed = false;
    this.drawn = { ...layout, traces };
    Object.assign(this, { painted: traces, paintedLayout: layout });
  }

  /** A drawing by plotly. The first one of its kind is repeated: with the margins that labels needed they need more. */
  plotlyDraws(traces, layout, width) {
    const margin = this.margins(traces, layout, width), isFirst = !MARGINS.has(this.marginKey);
    const size = { width, height: this.height, autosize: false, margin };
    const copies = traces.map((trace) => (isDots(trace) ? withoutPoints(trace) : clone(trace)));   // plotly changes them
    this.live.Plotly.react(this.plot, copies, { ...clone(layout), ...size }, CONFIG);
    this.rememberMargins();
    if (isFirst && !isSame(this.margins(traces, layout, width), margin)) this.plotlyDraws(traces, layout, width);
  }

  /** Move what a drag or a message changed in what is drawn; returns whether that is enough. */
  move(traces, layout) {
    const draggable = this.live.editor?.quick && keepsAxis(layout, this.drawn) && keepSymbols(traces, this.drawn);
    if (!this.renewed && !draggable) return false;
    const moved = this.renewed ? movedTraces(this, traces, layout) : draggedTraces(this, traces);
    if (moved?.length === 0 && isSame(layout, this.paintedLayout)) return true;
    if (!moved || !paintMoved(this, traces, layout, moved)) return false;
    Object.assign(this, { painted: traces, paintedLayout: layout });
    if (this.renewed) this.drawAtRest();
    return true;
  }

  /** Let plotly draw what was only moved, after a pause, so that it does not delay the answer to the next change. */
  drawAtRest() {
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => (this.live.editor?.quick ? this.drawAtRest() : this.settle()), PAUSE);
  }

  /** Let plotly draw now what was only moved: before it is hovered over, saved or printed. */
  settle() {
    if (!this.restTimer) return;
    clearTimeout(this.restTimer);
    Object.assign(this, { restTimer: undefined, drawnState: "" });
    this.live.redraw([this.number]);
  }

  dispose() {
    clearTimeout(this.restTimer);
    this.pointing.dispose();
    this.element.remove();
  }

  /** With the text's size of a lecture hall, and on paper in light colours. */
  restyled(part) {
    const large = enlarged(part, this.scaled);
    return this.live.printing && this.live.config.theme === "dark" ? onPaper(large) : large;
  }

  /**
   * The margins that the last figure with the same key used: plotly starts from the layout's margins, and draws everything
   * twice when labels and legend need more. Margins only grow, so that axes do not move while labels change.
   */
  margins(traces, { margin, ...layout }, width) {
    const axes = Object.entries(layout).filter(([name]) => /^[xy]axis/.test(name)).map(([, axis]) => axis.title?.text ?? "");
    this.marginKey = JSON.stringify([width, this.height, margin, axes, layout.title?.text, layout.legend,
                                traces.map(({ type, name, showlegend }) => [type, name?.replace(NUMBER, "#"), showlegend])]);
    return MARGINS.get(this.marginKey) ?? clone(margin);
  }

  /** Draw the dots again when the legend shows or hides a trace. */
  followLegend() {
    if (this.followsLegend) return;
    this.followsLegend = true;
    for (const change of ["plotly_restyle", "plotly_update"]) this.plot.on(change, () => drawDots(this));
  }

  rememberMargins() {
    if (MARGINS.size > 50) MARGINS.clear();
    MARGINS.set(this.marginKey, usedMargins(this.plot));
  }

  /** Can frames be shown without a new layout? That is two to three times as fast as a whole drawing. */
  canAnimate() {
    this.framesMatch ??=
      new Set(this.frames.map((f) => JSON.stringify([f.traces, f.data?.map(propertyNames), f.layout ?? 0]))).size === 1;
    return this.framesMatch && !this.live.editor && !this.live.hover?.shown && hasFixedRanges(this.plot)
      && this.traces.every((trace) => (trace.type ?? "scatter") === "scatter");
  }

  /** Update only the traces that frames change. plotly drops a frame when the next one is requested. */
  animate(index) {
    const numbers = this.frames[index].traces ?? this.frames[index].data.map((_, i) => i);
    const lines = numbers.filter((number) => !isDots(this.traces[number]));
    const step = { data: lines.map((number) => clone(this.traces[number])), traces: lines };
    const options = { mode: "immediate", transition: { duration: 0 }, frame: { duration: 0, redraw: false } };
    this.live.Plotly.animate(this.plot, step, options).catch(() => {});
    drawDots(this);
  }

  /** Let the figure grow and shrink with its panel, or stop that: see the print styles. */
  scale(begins) {
    const width = drawnWidth(this.plot) || this.element.clientWidth;
    this.element.style.setProperty("--drawn", `${width}px`);
    this.element.style.setProperty("--ratio", `${width} / ${this.height}`);
    for (const svg of this.plot.querySelectorAll(".main-svg")) {
      if (begins) svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
      else svg.removeAttribute("viewBox");
    }
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

  /** Data from pixels, clamped to the axes. */
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

  /** Position of an event, relative to the panel. */
  position(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
