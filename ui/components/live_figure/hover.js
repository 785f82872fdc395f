// hover.js: pointing at one thing shows what belongs to it. The table of what belongs to what is sent once.

class Hover {
  constructor(live) {
    this.live = live;
    this.shown = null;   // {point} or {item} that is pointed at
  }

  update(config, holds) {
    this.config = config;
    this.decoded = undefined;   // until something is pointed at
    if (!holds) this.shown = null;
  }

  /** The table (N, K) of a frame; one table may serve all frames. */
  table(index) {
    const table = this.decoded ??= decode(this.config.table);
    return this.config.perFrame ? table[Math.min(index, table.length - 1)] : table;
  }

  /** What is pointed at: a point first, then a bar, then an outline. */
  find(panel, at, reach) {
    const { source, figure, bars, targetFigure, items } = this.config;
    if (panel.number === figure) {
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

  at(panel, place, reach) {
    this.show(place ? this.find(panel, place, reach) : null);
  }

  show(found) {
    if (found?.point === this.shown?.point && found?.item === this.shown?.item) return;
    this.shown = found;
    const { figure, targetFigure } = this.config;
    this.live.redraw(new Set([figure, targetFigure]));
    this.live.announce(found ? this.words(found) : "");
  }

  words({ point, item }) {
    if (point === undefined) return `component ${item + 1}`;
    const row = Array.from(this.table(this.live.index)[point] ?? [], (value) => Number(value).toPrecision(2));
    return `point ${point + 1}: ${row.join(", ")}`;
  }

  apply(panel, traces, index) {
    if (!this.shown) return;
    const { source, figure, bars, targetFigure } = this.config, table = this.table(index), { point, item } = this.shown;
    if (point !== undefined && bars !== null && panel.number === targetFigure && table[point]) {
      traces[bars] = { ...traces[bars], [traces[bars].orientation === "h" ? "x" : "y"]: Array.from(table[point]) };
    }
    if (item !== undefined && panel.number === figure) {
      const opacity = Array.from(table, (row) => 0.06 + 0.94 * row[item]);
      traces[source] = merge(traces[source], { marker: { opacity } });
    }
  }
}
