// plot.js: the figures themselves. A panel draws one figure; what it draws is a function of (frame, edits, hover).

const CONFIG = { displayModeBar: false, responsive: false, scrollZoom: false, doubleClick: false, showTips: false };
const ARRAYS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, c1: Uint8ClampedArray,
                 i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array };

/** plotly.js from our own host, loaded once per page however many figures ask. */
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

const plain = (value) => value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;

/** Arrays arrive as base64; decoded once here, they keep their identity from frame to frame. */
function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (!plain(value)) return value;
  if (typeof value.bdata === "string" && ARRAYS[value.dtype]) return typed(value);
  if (value.turn && value.count) return turned(value);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decode(part)]));
}

function typed({ bdata, dtype, shape, step }) {
  const letters = atob(bdata), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const whole = new ARRAYS[dtype](bytes.buffer), flat = step ? Float32Array.from(whole, (n) => n * step) : whole;
  return shape ? nested(flat, String(shape).split(",").map(Number)) : flat;
}

/** One coordinate of an ellipse, all the way round. */
function turned({ turn: [centre, cos, sin], count }) {
  return Float32Array.from({ length: count }, (_, i) => {
    const angle = 2 * Math.PI * i / (count - 1);
    return centre + cos * Math.cos(angle) + sin * Math.sin(angle);
  });
}

function nested(flat, [rows, ...rest]) {
  if (!rest.length) return flat;
  const size = rows ? flat.length / rows : 0;
  return Array.from({ length: rows }, (_, row) => nested(flat.subarray(row * size, (row + 1) * size), rest));
}

/** `over` laid on `base`: objects are merged, anything else (arrays too) is replaced. Neither is changed. */
function merge(base, over) {
  if (!plain(base) || !plain(over)) return over;
  const both = { ...base };
  for (const [name, part] of Object.entries(over)) both[name] = merge(both[name], part);
  return both;
}

/** A copy of the objects; arrays are shared. */
const clone = (value) => (plain(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, clone(v)])) : value);

/** Which properties a value sets, whatever their values: frames that set the same ones can follow each other. */
const sets = (value) => (plain(value) ? Object.keys(value).sort().map((k) => [k, sets(value[k])]) : 0);

/** Element with properties and children; strings become text, never markup. */
function make(tag, { dataset = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value);
  }
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

const ROOMS = new Map();   // kind of figure -> margins it took last

class Panel {
  constructor(live, number) {
    this.live = live;
    this.number = number;
    this.plot = make("div", { class: "dgm-plot" });
    this.above = make("div", { class: "dgm-above" });   // handles and crosshair, outside the role of the picture
    this.element = make("div", { class: "dgm-panel dgm-waiting" }, this.plot, this.above);
  }

  update(figure, alt, interactive) {
    this.focusable = interactive || Boolean(figure.frames);
    this.base = { data: decode(figure.data ?? []), layout: decode(figure.layout ?? {}) };
    this.frames = figure.frames ?? [];   // decoded when they are shown
    this.views = [];
    this.alike = undefined;
    this.settled = "";
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
    this.live.edit?.apply(this, traces, index);
    this.live.hover?.apply(this, traces, index);
    this.traces = traces;
    const width = this.element.clientWidth, state = `${width} ${Boolean(this.live.hover?.shown)}`;
    if (this.settled === state && this.light()) return this.next(index);
    const size = { width, height: this.height, autosize: false, margin: this.room(traces, layout, width) };
    const theirs = traces.map((trace) => (dotted(trace) ? emptied(trace) : clone(trace)));   // plotly writes into them
    this.live.Plotly.react(this.plot, theirs, { ...clone(layout), ...size }, CONFIG);
    scatterDots(this);
    this.heed();
    this.measure();
    this.element.classList.remove("dgm-waiting");
    this.settled = state;
  }

  /**
   * The margins that a figure of this kind took last: plotly starts from the layout's own, finds its labels and legend
   * too wide for them and draws everything twice. They only ever grow, so axes hold still while labels change.
   */
  room(traces, { margin, ...layout }, width) {
    const axes = Object.entries(layout).filter(([name]) => /^[xy]axis/.test(name)).map(([, axis]) => axis.title?.text ?? "");
    this.kind = JSON.stringify([width, this.height, margin, axes, layout.title?.text, layout.legend,
                                traces.map(({ type, name, showlegend }) => [type, name, showlegend])]);
    return ROOMS.get(this.kind) ?? clone(margin);
  }

  /** A trace that is switched in the legend takes its dots along. */
  heed() {
    if (this.heeding) return;
    this.heeding = true;
    for (const change of ["plotly_restyle", "plotly_update"]) this.plot.on(change, () => scatterDots(this));
  }

  /** Remember the margins of the drawing just made. */
  measure() {
    const { l, r, t, b } = this.plot._fullLayout._size;
    if (ROOMS.size > 50) ROOMS.clear();
    ROOMS.set(this.kind, { l, r, t, b });
  }

  /** Can frames follow each other without a new layout? Two to three times as fast as a whole drawing. */
  light() {
    const full = this.plot._fullLayout;
    this.alike ??= new Set(this.frames.map((f) => JSON.stringify([f.traces, f.data?.map(sets), f.layout ?? 0]))).size === 1;
    return this.alike && !this.live.edit && !this.live.hover?.shown
      && full._subplots.cartesian.every((name) => {
        const [x, y] = name.split("y");
        return !full[x.replace("x", "xaxis")].autorange && !full[`yaxis${y}`].autorange;
      })
      && this.traces.every((trace) => (trace.type ?? "scatter") === "scatter");
  }

  /** Only the traces that frames change. A frame that the hand has already passed is let go by plotly. */
  next(index) {
    const numbers = this.frames[index].traces ?? this.frames[index].data.map((_, i) => i);
    const theirs = numbers.filter((number) => !dotted(this.traces[number]));
    const step = { data: theirs.map((number) => clone(this.traces[number])), traces: theirs };
    const now = { mode: "immediate", transition: { duration: 0 }, frame: { duration: 0, redraw: false } };
    this.live.Plotly.animate(this.plot, step, now).catch(() => {});
    scatterDots(this);
  }

  /** The axes of a trace as plotly laid them out, or null before that or where there are none (3-D). */
  axes(trace) {
    const full = this.plot._fullLayout;
    const x = full?.[(trace?.xaxis ?? "x").replace("x", "xaxis")];
    const y = full?.[(trace?.yaxis ?? "y").replace("y", "yaxis")];
    return x?.d2p && y?.d2p ? { x, y } : null;
  }

  /** Pixels from data, relative to the panel. */
  pixels(trace, x, y) {
    const axes = this.axes(trace);
    return axes && [axes.x._offset + axes.x.d2p(x), axes.y._offset + axes.y.d2p(y)];
  }

  /** Data from pixels, kept inside the axes. */
  data(trace, [left, top]) {
    const { x, y } = this.axes(trace);
    const inside = (axis, pixel) => axis.p2d(Math.min(Math.max(pixel - axis._offset, 0), axis._length));
    return [inside(x, left), inside(y, top)];
  }

  /** The rectangle of a trace's axes, or null where there are none. */
  area(trace = this.base.data[0]) {
    const axes = this.axes(trace);
    if (!axes) return null;
    return { left: axes.x._offset, top: axes.y._offset, width: axes.x._length, height: axes.y._length };
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
