// hit.js: what is at a position of a panel, for mouse, finger and the keyboard's crosshair.

const REACH = { mouse: 14, pen: 16, touch: 24, keyboard: 14 };

/** Index of the nearest point of `trace` within `reach` pixels, or -1. */
function nearest(panel, trace, at, reach) {
  let best = -1, closest = reach;
  const count = Math.min(trace?.x?.length ?? 0, trace?.y?.length ?? 0);
  for (let i = 0; i < count; i++) {
    const pixel = panel.pixels(trace, trace.x[i], trace.y[i]);
    const distance = pixel ? Math.hypot(pixel[0] - at[0], pixel[1] - at[1]) : Infinity;
    if (distance <= closest) [best, closest] = [i, distance];
  }
  return best;
}

/** Index of the bar whose slot contains the position, or -1; a bar of height zero has a slot too. */
function bar(panel, trace, at) {
  const axes = panel.axes(trace);
  if (!axes || !panel.inside(at, trace)) return -1;
  const horizontal = trace.orientation === "h";
  const [axis, positions, pixel] = horizontal ? [axes.y, trace.y, at[1]] : [axes.x, trace.x, at[0]];
  const centres = Array.from(positions ?? [], (position) => axis.pixel(position));
  const slot = centres.length > 1 ? Math.abs(centres[1] - centres[0]) / 2 : Infinity;
  return centres.findIndex((centre) => Math.abs(centre - pixel) <= slot);
}

/** Row-major index of the cell of a heatmap at the position, or -1. */
function cell(panel, trace, at) {
  const axes = panel.axes(trace), rows = trace.z?.length ?? 0, columns = trace.z?.[0]?.length ?? 0;
  if (!axes || !rows || !panel.inside(at, trace)) return -1;
  const closest = (axis, centres, count, pixel) => {
    const distances = Array.from({ length: count }, (_, i) => Math.abs(axis.pixel(centres?.[i] ?? i) - pixel));
    return distances.indexOf(Math.min(...distances));
  };
  return closest(axes.y, trace.y, rows, at[1]) * columns + closest(axes.x, trace.x, columns, at[0]);
}

/** Is the position inside the closed line of `trace` (such as an ellipse), or within `reach` pixels of it? */
function encloses(panel, trace, at, reach) {
  const outline = Array.from(trace?.x ?? [], (x, i) => panel.pixels(trace, x, trace.y[i])).filter(Boolean);
  let odd = false;
  for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
    const [[x1, y1], [x2, y2]] = [outline[i], outline[j]];
    if ((y1 > at[1]) !== (y2 > at[1]) && at[0] < (x2 - x1) * (at[1] - y1) / (y2 - y1) + x1) odd = !odd;
  }
  return odd || outline.some(([x, y]) => Math.hypot(x - at[0], y - at[1]) <= reach);
}

/** Is the position within `reach` pixels of the closed line of `trace`? */
function onLine(panel, trace, at, reach) {
  const outline = Array.from(trace?.x ?? [], (x, i) => panel.pixels(trace, x, trace.y[i])).filter(Boolean);
  return outline.some(([x1, y1], i) => {
    const [x0, y0] = outline.at(i - 1), along = [x1 - x0, y1 - y0], length = along[0] ** 2 + along[1] ** 2;
    const share = length && Math.min(1, Math.max(0, ((at[0] - x0) * along[0] + (at[1] - y0) * along[1]) / length));
    return Math.hypot(x0 + share * along[0] - at[0], y0 + share * along[1] - at[1]) <= reach;
  });
}

const HEATMAPS = new Set(["heatmap", "heatmapgl", "image"]);

/** The topmost [trace, point] at a position, or null. */
function hit(panel, at, reach) {
  for (let i = (panel.traces?.length ?? 0) - 1; i >= 0; i--) {
    const trace = panel.traces[i];
    if (trace.visible === false || trace.visible === "legendonly") continue;
    const point = trace.type === "bar" ? bar(panel, trace, at) : HEATMAPS.has(trace.type) ? cell(panel, trace, at)
      : nearest(panel, trace, at, reach);
    if (point >= 0) return [i, point];
  }
  return null;
}
