// save_figure.js: the files of a live figure: its picture, its numbers, and the animated picture of its playback.

const LEAST_ACROSS = 520;      // pixels of a saved figure; the font of files is wider than the page's
const MOST_FRAMES = 36;        // of an animated picture; a longer playback leaves some out
const LAST_SHOWN = 1500;       // milliseconds
const ANIMATED_ACROSS = 900;   // pixels, at least

/**
 * A copy in the font of saved files, and with points drawn by plotly, before its lines: a `zorder` would cut markers that
 * lie on an axis. The legend keeps its order.
 */
function savedTraces(traces) {
  const copies = traces.map((trace, i) => ({ ...trace, legendrank: (trace.legendrank ?? 1000) + i / 1000 }));
  const dots = copies.filter(isDots).map((trace) => ({ ...trace, meta: undefined }));
  return inSavedFont([...dots, ...copies.filter((trace) => !isDots(trace))]);
}

/** What a figure's layout says of a saved picture of it, see `update_saved` of ui/figures/spec.py. */
const onlySaved = (layout) => layout.meta?.saved ?? { room: 0, layout: {} };

function inSavedFont(value, name = "") {
  if (name === "family") return SAVED_FONT;
  if (Array.isArray(value)) return value.map((part) => inSavedFont(part));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inSavedFont(part, key)]));
}

class SaveFigure {
  constructor(live) {
    this.live = live;
    this.element = make("div", { class: "dgm-tools" }, new SaveMenu("this figure", () => this.entries()).element);
  }

  entries() {
    const moves = this.live.config.playback?.count > 1;
    return {
      "Picture (SVG)": () => this.svg(), "Picture (PNG)": () => this.png(), "Numbers (CSV)": () => this.numbers(),
      ...(moves && { "Animated picture (PNG)": (say) => this.animation(say), "Numbers of all frames (CSV)": () => this.allNumbers() }),
    };
  }

  get saved() { return this.live.config.saved ?? { title: "", name: "figure" }; }

  /** The caption of a frame, "" without a playback. */
  caption(index) { return this.live.config.playback?.captions[index] ?? ""; }

  /** What the name of a file says of the frame. */
  get frame() { return this.live.config.playback ? `frame ${this.live.index + 1}` : ""; }

  give(kind, content, type, extra) { return given(this.saved.name, kind, content, type, extra); }

  /** Where the panels are: beside each other, or below each other on a narrow screen. */
  places() {
    const boxes = this.live.panels.map(({ element, base, scaled }) => {
      const { left, right, width, height } = element.getBoundingClientRect();
      return { left, right, width, height: height + (scaled ?? 1) * onlySaved(base.layout).room };
    });
    const stacked = boxes.length > 1 && boxes[1].left < boxes[0].right - 1;
    let down = 0;
    return boxes.map((box) => {
      const width = stacked || boxes.length === 1 ? Math.max(box.width, LEAST_ACROSS) : box.width;
      const place = { left: stacked ? 0 : box.left - boxes[0].left, top: down, width, height: box.height };
      if (stacked) down += box.height + EDGE;
      return place;
    });
  }

  sentence(index) { return plainText(this.caption(index)) || this.live.config.alts.join(" "); }

  /** How many lines the sentence of a frame has. */
  lines(index) {
    const width = Math.max(...this.places().map((place) => place.left + place.width));
    return wrapped(this.sentence(index), width - EDGE, SENTENCE).length;
  }

  /** A panel at a frame, for plotly. margin: at least, undefined for the figure's own. */
  figure(panel, index, { width, height }, margin) {
    const { traces, layout } = panel.shownAt(index), whole = merge(layout, onlySaved(layout).layout);
    return { data: savedTraces(traces), config: CONFIG,
             layout: { ...inSavedFont(clone(whole)), width, height, ...(margin && { margin }) } };
  }

  /** The margins of each panel that hold the labels of all these frames: its axes then stay where they are. */
  async margins(steps) {
    const { live } = this, places = this.places(), room = make("div", { style: "position: absolute; left: -9999px" });
    live.Plotly ??= await loadPlotly(live.config.plotly);
    document.body.append(room);
    const found = live.panels.map(() => ({}));
    try {
      for (const step of steps) {
        for (const [i, panel] of live.panels.entries()) {
          await live.Plotly.react(room, this.figure(panel, step, places[i]));
          for (const [side, size] of Object.entries(usedMargins(room))) found[i][side] = Math.max(size, found[i][side] ?? 0);
        }
      }
    } finally {
      live.Plotly.purge(room);
      room.remove();
    }
    return found;
  }

  /**
   * The figure at a frame, as one SVG in the colours of the page. lines: that the sentence has room for, at least. margins:
   * see `figure`, of each panel.
   */
  async picture(index, lines = 0, margins = []) {
    const { live } = this, places = this.places();
    live.Plotly ??= await loadPlotly(live.config.plotly);
    const parts = await Promise.all(live.panels.map(async (panel, i) => {
      const { width, height } = places[i], figure = this.figure(panel, index, places[i], margins[i]);
      return { ...places[i], svg: await live.Plotly.toImage(figure, { format: "svg", width, height, imageDataOnly: true }) };
    }));
    const alts = live.config.alts.join(" ");
    return composed(parts, { title: this.saved.title, sentence: this.sentence(index), lines,
                             about: `${alts} ${window.location.href}` }, this.colours());
  }

  colours() {
    const { root } = this.live;
    return { paper: themeValue(root, "background-color", "#ffffff"), ink: themeValue(root, "text-color", "#1a1d21") };
  }

  async svg() {
    const { index } = this.live, { svg } = await this.picture(index);
    return this.give("svg", svg, SVG_TYPE, this.frame);
  }

  async png() {
    const { index } = this.live, picture = await this.picture(index);
    return this.give("png", await png(await painted(picture, pngScale(picture.width))), PNG_TYPE, this.frame);
  }

  figuresAt(index, named) {
    return this.live.panels.map((panel, number) => {
      const { traces, layout } = panel.shownAt(index), { hover } = this.live, points = hover?.config;
      if (points?.names.length && points.figure === number) {
        traces[points.source] = { ...traces[points.source], meta: { columns: hover.columns(index) } };
      }
      return { data: traces, layout, number, ...(named && { frame: index + 1 }) };
    });
  }

  numbers() {
    const { index } = this.live;
    return this.give("csv", csv(figureNumbers(this.figuresAt(index))), CSV_TYPE, this.frame);
  }

  allNumbers() {
    const all = Array.from({ length: this.live.config.playback.count }, (_, i) => this.figuresAt(i, true));
    return this.give("csv", csv(figureNumbers(all.flat())), CSV_TYPE, "all frames");
  }

  /** Steps of the playback, evenly spread, with the first and the last. */
  steps() {
    const { count } = this.live.config.playback, shown = Math.min(count, MOST_FRAMES);
    return Array.from({ length: shown }, (_, i) => Math.round(i * (count - 1) / Math.max(shown - 1, 1)));
  }

  async animation(say) {
    const steps = this.steps(), { count, interval } = this.live.config.playback, canvas = document.createElement("canvas");
    canvas.getContext("2d", { willReadFrequently: true });
    const pictures = [], changes = new Changes(), lines = Math.max(...steps.map((step) => this.lines(step)));
    say("Measuring");
    const margins = await this.margins(steps);
    for (const [i, step] of steps.entries()) {
      say(`Drawing ${i + 1} of ${steps.length}`);
      const picture = await this.picture(step, lines, margins);
      await painted(picture, Math.max(1, Math.ceil(ANIMATED_ACROSS / picture.width)), canvas);
      pictures.push(new Uint8Array(await (await png(changes.next(canvas))).arrayBuffer()));
    }
    const each = interval * count / steps.length;
    const content = animatedPng(pictures, steps.map((_, i) => (i < steps.length - 1 ? each : LAST_SHOWN)));
    return this.give("png", content, PNG_TYPE, "animated");
  }
}
