// hover.js: hovering over a point or an item shows its relation to the other, by a table that is sent once.

const MARK = 5;   // pixels: what is closer to the pointer is under it

class Hover {
  constructor(live) {
    this.live = live;
    this.shown = null;   // {point} or {item} under the pointer
  }

  update(config, unchanged) {
    this.config = config;
    this.decoded = undefined;   // decoded at the first use
    if (!unchanged) this.shown = null;
  }

  /** The table (N, K) of a frame, or the one of all frames. */
  table(index) {
    const table = this.decoded ??= decode(this.config.table);
    return this.config.perFrame ? table[Math.min(index, table.length - 1)] : table;
  }

  /** The columns of the table under their names, for the saved numbers of the points: of two decimals, as it is sent. */
  columns(index) {
    const rounded = (value) => Math.round(100 * value) / 100, table = this.table(index);
    return Object.fromEntries(this.config.names.map((name, k) => [name, Array.from(table, (row) => rounded(row[k]))]));
  }

  /** What is at a position: a line under the pointer beside all points, else a point, a bar, or what a line encloses. */
  find(panel, at, reach) {
    const { source, figure, bars, targetFigure, items } = this.config;
    if (!panel.traces) return null;   // before the first paint
    if (panel.number === figure) {
      const line = items.findIndex((t) => onLine(panel, panel.traces[t], at, MARK));
      if (line >= 0 && nearest(panel, panel.traces[source], at, MARK) < 0) return { item: line };
      const point = nearest(panel, panel.traces[source], at, reach);
      if (point >= 0) return { point };
    }
    if (panel.number === targetFigure && bars !== null) {
      const item = bar(panel, panel.traces[bars], at);
      if (item >= 0) return { item };
    }
    const inside = panel.number === figure ? items.findIndex((t) => encloses(panel, panel.traces[t], at, reach)) : -1;
    return inside >= 0 ? { item: inside } : null;
  }

  pointAt(panel, at, reach) {
    this.show(at ? this.find(panel, at, reach) : null);
  }

  show(found) {
    if (found?.point === this.shown?.point && found?.item === this.shown?.item) return;
    this.shown = found;
    const { figure, targetFigure } = this.config;
    this.live.redraw(new Set([figure, targetFigure]));
    this.live.announce(found ? this.description(found) : "");
  }

  description({ point, item }) {
    if (point === undefined) return `component ${item + 1}`;
    const row = Array.from(this.table(this.live.index)[point] ?? [], (value) => written(Number(value), 2));
    return `point ${point + 1}: ${row.join(", ")}`;
  }

  apply(panel, traces, index, layout) {
    if (!this.shown) return;
    const { source, figure, bars, targetFigure, mark, title } = this.config, table = this.table(index);
    const { point, item } = this.shown;
    if (point !== undefined && bars !== null && panel.number === targetFigure && table[point]) {
      traces[bars] = { ...traces[bars], [traces[bars].orientation === "h" ? "x" : "y"]: Array.from(table[point]) };
      if (title) layout.annotations = layout.annotations.with(title[0], { ...layout.annotations[title[0]], text: title[1].replace("#", point + 1) });
    }
    if (point !== undefined && mark !== null && panel.number === figure) {
      traces[mark] = placed(traces[mark], [traces[source].x[point]], [traces[source].y[point]]);
    }
    if (item !== undefined && panel.number === figure) {
      const opacity = Array.from(table, (row) => 0.06 + 0.94 * row[item]);
      traces[source] = merge(traces[source], { marker: { opacity } });
    }
  }
}
