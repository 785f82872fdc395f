// small_change.js: what a message from Python changed in a drawn figure. Where only positions differ, the drawn elements are
// moved at once (drag_paint.js), and plotly draws the figure when the visitor rests: a drawing takes 20 to 50 ms.

const MOVED = new Set(["x", "y", "base", "text", "error_x", "name", "hovertemplate"]);   // properties of a trace
const FILLS = new Set([undefined, "none", "tozeroy"]);                           // that moveScatter draws
const SCALES = new Set([undefined, "-", "linear", "category"]);                  // types of an axis

/** The properties of an object but for these. */
const omit = (value, names) => Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => !names.has(name)));

/** Are all of them numbers? */
const areNumbers = (values) => Array.from(values ?? []).every(Number.isFinite);

/** Are texts shown as they are written, without tags? */
const isPlain = (texts) => [texts].flat().every((text) => !/[<&]/.test(text));

/** Have two texts the same length, so that labels need as much room as before? */
const takeSameRoom = (names, before) =>
  names?.length === before?.length && (names ?? []).every((name, i) => String(name).length === String(before[i]).length);

/** The numbers of the traces that differ from those painted last; null where plotly has to draw the figure. */
function movedTraces(panel, traces, layout) {
  const { drawn, painted, frames } = panel;
  if (!drawn || frames.length || traces.length !== painted.length || !hasFixedRanges(panel.plot)) return null;
  if (!movesInLayout(layout, drawn)) return null;
  const moved = traces.flatMap((trace, i) => (isSame(trace, painted[i]) ? [] : [i]));
  return moved.every((i) => isMovable(traces[i], drawn.traces[i], layout)) ? moved : null;
}

/** Differs a trace from the drawn one only by what can be moved? */
function isMovable(trace, drawn, layout) {
  const unnamed = layout.showlegend === false || trace.showlegend === false;
  return isSame(omit(trace, MOVED), omit(drawn, MOVED)) && (unnamed || trace.name === drawn.name)
    && areNumbers(trace.x) && (trace.type === "bar" ? isMovableBar(trace, drawn) : isMovableLine(trace, drawn));
}

function isMovableBar(trace, drawn) {
  const lying = trace.orientation === "h" && areNumbers(trace.base) && trace.base && takeSameRoom(trace.y, drawn.y);
  const upright = trace.orientation !== "h" && !trace.base && areNumbers([trace.offset, trace.width]) && areNumbers(trace.y);
  return Boolean(lying || upright) && !trace.text && trace.x.length === drawn.x.length;
}

function isMovableLine(trace, drawn) {
  const { type = "scatter", mode = "lines", fill, line, error_x: error, error_y: upright } = trace;
  const places = typeof trace.y?.[0] === "string" ? takeSameRoom(trace.y, drawn.y) : areNumbers(trace.y);
  const words = mode.includes("text") ? isPlain(trace.text) && isSame([trace.x, trace.y], [drawn.x, drawn.y]) : !trace.text;
  return type === "scatter" && places && words && !isDots(trace) && FILLS.has(fill) && !upright
    && !line?.shape && Boolean(error) === Boolean(drawn.error_x) && isSame(error?.visible, drawn.error_x?.visible)
    && trace.x.length > 0 && (!mode.includes("markers") || trace.x.length === drawn.x.length);
}

/** Differ two layouts only by names of rows and by marks, lines across the first axes with their labels? */
function movesInLayout(layout, drawn) {
  const parts = new Set(["shapes", "annotations", "yaxis", "traces"]), names = new Set(["categoryarray"]);
  const axes = Object.entries(layout).filter(([name]) => /^[xy]axis/.test(name));
  return axes.every(([, axis]) => SCALES.has(axis.type)) && isSame(omit(layout, parts), omit(drawn, parts))
    && isSame(omit(layout.yaxis, names), omit(drawn.yaxis, names))
    && takeSameRoom(layout.yaxis?.categoryarray, drawn.yaxis?.categoryarray) && moveOnlyMarks(layout, drawn);
}

function moveOnlyMarks({ shapes = [], annotations = [] }, { shapes: lines = [], annotations: labels = [] }) {
  if (isSame(shapes, lines) && isSame(annotations, labels)) return true;
  const places = new Set(["x0", "x1"]), words = new Set(["x", "text", "xanchor", "xshift"]);
  return shapes.length === lines.length && annotations.length === labels.length
    && shapes.every((shape, i) => isMark(shape, annotations[i]) && isSame(omit(shape, places), omit(lines[i], places)))
    && annotations.every((label, i) => isSame(label, labels[i])
      || (i < shapes.length && isSame(omit(label, words), omit(labels[i], words))));
}

/** Is a shape a line across the first axes, with a label in plain words? */
const isMark = (shape, label) => shape.type === "line" && shape.x0 === shape.x1 && (shape.xref ?? "x") === "x"
  && shape.yref === "y domain" && Boolean(label) && isPlain(label.text);
