// numbers.js: the numbers of drawn figures as one table, and a table as CSV.
//
// One row for each point of each trace. The columns have the names of the axes, with their units, so that traces on the
// same axes share them; a cell is empty where a trace has no such number. Colours, symbols and opacities are no numbers:
// what they stand for is in the `columns` of a trace's meta, {name: list}.

// What else `meta` says of a trace: its points are another trace's, to be dragged; its y are clamped, and the true ones
// are its customdata; or it is a text, and its place means nothing.
const HANDLE = "handle", CLAMPED = "clamped", WORDS = "words";
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

/** A label of plotly's as plain text. */
const plainText = (label = "") => String(label).replace(/<br\s*\/?>/gi, " ").replace(/<[^>]*>/g, "")
  .replace(/&(\w+);/g, (whole, name) => ENTITIES[name] ?? whole).replace(/\s+/g, " ").trim();

const isList = (value) => Array.isArray(value) || ArrayBuffer.isView(value);
const isTable = (value) => isList(value) && isList(value[0]);

/** A cell's value: of single precision the shortest number that stands for it. */
function cellValue(list, i) {
  const value = list?.[i];
  if (typeof value === "boolean") return Number(value);
  if (typeof value !== "number") return value ?? "";
  if (!Number.isFinite(value)) return "";
  return list instanceof Float32Array ? shortest(value) : value;
}

function shortest(value) {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** The names of a trace's x, y and z: the titles of its axes. Equal ones are told apart. */
function columnNames(trace, layout) {
  const { x: x0, y: y0, z: z0 } = axesNames(trace, layout);
  const x = x0 || "x", y = y0 || "y", z = z0 || "z";
  return { x, y: y === x ? `${y} (vertical)` : y, z: z === x || z === y ? `${z} (value)` : z };
}

function axesNames(trace, layout) {
  const scene = layout[trace.scene ?? "scene"];
  if (trace.type.endsWith("3d") || trace.type === "surface") {
    return Object.fromEntries(["x", "y", "z"].map((axis) => [axis, axisTitle(scene?.[`${axis}axis`])]));
  }
  const [x, y] = [trace.xaxis ?? "x", trace.yaxis ?? "y"];
  return { x: axisTitle(layout[x.replace("x", "xaxis")]), y: titleOfY(layout, y) || panelTitle(layout, x, y), z: axisTitle(trace.colorbar) || "value" };
}

/** The title of a y axis, or of the one that it shares: panels side by side have it once. */
function titleOfY(layout, y) {
  const axis = layout[y.replace("y", "yaxis")];
  return axisTitle(axis) || (axis?.matches ? axisTitle(layout[axis.matches.replace("y", "yaxis")]) : "");
}

/** The text above a panel, which names the numbers of an axis without a title. */
function panelTitle({ annotations = [] }, x, y) {
  return plainText(annotations.find(({ xref, yref, y: height }) =>
    xref === `${x} domain` && yref === `${y} domain` && height >= 1)?.text);
}

const axisTitle = (axis) => plainText(axis?.title?.text);

/** Further numbers of each point: what they are called, and where a trace has them. */
const EXTRAS = [["label", (trace) => trace.text], ["base", (trace) => trace.base], ["width", (trace) => trace.width]];

/** Lengths of error bars: (name, list) of each. */
function errorBars(trace, names) {
  return ["x", "y"].flatMap((axis) => {
    const bars = trace[`error_${axis}`];
    return isList(bars?.array) ? [[`± ${names[axis]}`, bars.array],
                                  ...(isList(bars.arrayminus) ? [[`− ${names[axis]}`, bars.arrayminus]] : [])] : [];
  });
}

/** The rows of one trace, each {column: value}. */
function traceRows(trace, layout) {
  const names = columnNames(trace, layout);
  return isTable(trace.z) ? gridRows(trace, names) : listRows(trace, names);
}

/** The list of an axis; of values that are drawn at the end of a logarithmic axis, which has no 0, the true ones. */
const listOf = (trace, axis) => (axis === "y" && trace.meta === CLAMPED ? trace.customdata : trace[axis]);

/** Whether a list says only what the row's trace is called, with its number or without: the place of a lying bar does. */
function isOnlyName(trace, list) {
  const name = plainText(trace.name);
  return name !== "" && list?.length === 1 && `${plainText(list[0])} `.startsWith(`${name} `);
}

function listRows(trace, names) {
  const places = trace.meta === WORDS ? [] : ["x", "y", "z"];
  const axes = places.map((axis) => [axis, listOf(trace, axis)]).filter(([, list]) => isList(list) && !isOnlyName(trace, list));
  const lists = [...axes.map(([axis, list]) => [names[axis], list]),
                 ...errorBars(trace, names),
                 ...EXTRAS.map(([name, of]) => [name, of(trace)]).filter(([, list]) => isList(list))];
  const count = Math.max(0, ...lists.map(([, list]) => list.length));
  lists.push(...Object.entries(trace.meta?.columns ?? {}));     // of all points, also of those that are not yet drawn
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(lists.map(([name, list]) => [name, cellText(cellValue(list, i))])));
}

const cellText = (value) => (typeof value === "string" ? plainText(value) : value);

function gridRows(trace, names) {
  const { x, y, z } = trace, labels = isTable(trace.text) ? trace.text : null;
  return Array.from(z).flatMap((row, j) => Array.from({ length: row.length }, (_, i) => ({
    [names.x]: gridPlace(x, i, j, row.length), [names.y]: gridPlace(y, j, j, z.length, i), [names.z]: cellValue(row, i),
    ...(labels && { label: cellText(cellValue(labels[j], i)) }) })));
}

/** A cell's place along an axis: its own, between its two edges, or its number where the axis has no values. */
function gridPlace(axis, i, j, count, column = i) {
  if (isTable(axis)) return cellValue(axis[j], column);
  if (!isList(axis)) return i;
  return axis.length === count + 1 ? (axis[i] + axis[i + 1]) / 2 : cellValue(axis, i);
}

/** Lines and bands that cross a whole figure: a row for each end that differs, with the numbers of their axes. */
function shapeRows(shape, layout, panelOf) {
  const { xref = "x", yref = "y" } = shape, onX = !/domain|paper/.test(xref), onY = !/domain|paper/.test(yref);
  const axes = { type: "scatter", xaxis: xref.split(" ")[0], yaxis: yref.split(" ")[0] };
  if (!/^(line|rect)$/.test(shape.type) || !(onX || onY)) return [];
  const names = columnNames({ ...axes, xaxis: axes.xaxis === "paper" ? "x" : axes.xaxis,
                              yaxis: axes.yaxis === "paper" ? "y" : axes.yaxis }, layout);
  const trace = plainText(shape.name ?? shape.label?.text) || (shape.type === "line" ? "line" : "band");
  const ends = (!onX || shape.x0 === shape.x1) && (!onY || shape.y0 === shape.y1) ? [0] : [0, 1];
  return ends.map((end) => ({ ...panelOf(axes), trace, ...(onX && { [names.x]: shape[`x${end}`] }),
                              ...(onY && { [names.y]: shape[`y${end}`] }) }));
}

/**
 * The table of some figures, {columns, rows}. figures: {data, layout, number, frame} of each: its number among those side
 * by side, and of the frame of a playback; both may be left out.
 */
function figureNumbers(figures) {
  const many = new Set(figures.flatMap((figure, i) => figure.data.map((trace) => panelKey(trace, figure.number ?? i)))).size > 1;
  const panels = new Map();
  const panelOf = (trace, number) => {
    const key = panelKey(trace, number);
    if (!panels.has(key)) panels.set(key, panels.size + 1);
    return many ? { panel: panels.get(key) } : {};
  };
  const rows = figures.flatMap(({ data, layout, frame, number }, i) => {
    const step = frame === undefined ? {} : { frame };
    return [...data.flatMap((trace, k) => trace.meta === HANDLE ? [] : traceRows({ type: "scatter", ...trace }, layout).map((row) => (
      { ...step, ...panelOf(trace, number ?? i), trace: traceName(trace, k), ...row }))),
    ...(layout.shapes ?? []).flatMap((shape) => shapeRows(shape, layout, (axes) => panelOf(axes, number ?? i)))
      .map((row) => ({ ...step, ...row }))];
  });
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

const panelKey = (trace, number) => [number, trace.xaxis ?? "x", trace.yaxis ?? "y"].join();

/** A trace's name in the legend, or its number. */
const traceName = (trace, number) => plainText(trace.name) || `trace ${number + 1}`;

/** A table as CSV, for spreadsheets too: with a byte order mark, and without cells that a spreadsheet would compute. */
function csv({ columns, rows }) {
  const lines = [columns.map(csvCell), ...rows.map((row) => columns.map((name) => csvCell(row[name] ?? "")))];
  return `\ufeff${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function csvCell(value) {
  if (typeof value === "number") return String(value);
  const safe = /^[=@＝＠＋－\t\r]|^[+-](?![\d.])/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
