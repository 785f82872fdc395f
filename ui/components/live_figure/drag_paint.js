// drag_paint.js: during a drag with followers, and after a message with small changes, only what changed is moved, in the
// elements that plotly has drawn. A whole drawing takes ten times as long, and two figures would miss every second frame.
// Afterwards plotly draws again.

const MARGIN = 4;   // pixels between a line and its label, which changes sides with it

/** The path of a line through points of a trace's axes. */
const linePath = (places) => places.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(2)},${y.toFixed(2)}`).join("");

/** The places of a trace, in pixels from its axes' corner. */
const innerPlaces = ({ x, y }, axes) => Array.from(x, (value, i) => [axes.x.inner(value), axes.y.inner(y[i])]);

/** Move one drawn scatter trace: its line, its area down to 0, its markers, error bars and texts. */
function moveScatter(element, trace, axes, restored) {
  const places = innerPlaces(trace, axes), line = element.querySelector(".js-line"), fill = element.querySelector(".js-fill");
  line?.setAttribute("d", linePath(places));
  const floor = axes.y.inner(0), first = places[0], last = places.at(-1);
  fill?.setAttribute("d", `${linePath([...places, [last[0], floor], [first[0], floor]])}Z`);
  element.querySelectorAll(".points path").forEach((point, i) =>
    point.setAttribute("transform", `translate(${places[i][0]},${places[i][1]})`));
  element.querySelectorAll(".xerror").forEach((bar, i) => {
    const half = trace.error_x.array[i], [left, right] = [-half, half].map((by) => axes.x.inner(trace.x[i] + by));
    bar.setAttribute("d", `M${left},${places[i][1] - MARGIN}v${2 * MARGIN}m0,-${MARGIN}H${right}m0,-${MARGIN}v${2 * MARGIN}`);
  });
  element.querySelectorAll(".textpoint text").forEach((text, i) => setDrawn(text, [trace.text].flat()[i], restored));
}

/** Move the drawn bars of a trace, upright or lying. */
function moveBars(element, trace, axes, before, share) {
  element.querySelectorAll(".point > path").forEach((bar, i) => {
    if (trace.orientation === "h") {
      const [start, end] = [trace.base[i], trace.base[i] + trace.x[i]].map(axes.x.inner);
      const middle = axes.y.inner(before.y[i]), half = share * Math.abs(axes.y.inner(0) - axes.y.inner(1)) / 2;
      bar.setAttribute("d", `M${start},${middle - half}V${middle + half}H${end}V${middle - half}Z`);
    } else {
      const left = axes.x.inner(trace.x[i] + trace.offset), right = axes.x.inner(trace.x[i] + trace.offset + trace.width);
      bar.setAttribute("d", `M${left},${axes.y.inner(0)}V${axes.y.inner(trace.y[i])}H${right}V${axes.y.inner(0)}Z`);
    }
  });
}

/** Set a drawn text, and remember what plotly had written. */
function setDrawn(text, content, restored) {
  if (!restored.has(text)) restored.set(text, text.textContent);
  setText(text, content);
}

/** Move the lines of a layout and their labels, which are annotations of the same number. */
function moveMarks(panel, layout, restored) {
  const axes = panel.axes();
  (layout.shapes ?? []).forEach((shape, i) => {
    const line = panel.plot.querySelector(`.shapelayer path[data-index="${i}"]`), label = layout.annotations?.[i];
    const group = panel.plot.querySelector(`.annotation[data-index="${i}"]`), text = group?.querySelector("text");
    if (!line || !text || !isMark(shape, label)) return;
    const x = axes.x.pixel(shape.x0), drawn = panel.drawn.annotations[i];
    line.setAttribute("d", `M${x},${axes.y.start + axes.y.length}L${x},${axes.y.start}`);
    setDrawn(text, label.text, restored);
    const side = label.xanchor === drawn.xanchor ? 0 : text.getComputedTextLength() + MARGIN;
    const by = x - axes.x.pixel(drawn.x) + (label.xanchor === "left" ? side : -side);
    group.setAttribute("transform", `translate(${by},0)`);
  });
}

/** Write the rows' names, which contain their numbers, into the drawn labels of the axis. */
function renameRows(panel, layout, restored) {
  const names = layout.yaxis?.categoryarray, before = panel.drawn.yaxis?.categoryarray;
  if (!names) return;
  panel.labels ??= new Map(Array.from(panel.plot.querySelectorAll(".ytick text"), (text) => [text.textContent, text]));
  names.forEach((name, i) => { const text = panel.labels.get(before[i]); if (text) setDrawn(text, name, restored); });
}

/** The numbers of the traces that a drag changed. */
const draggedTraces = ({ base: { data } }, traces) =>
  traces.flatMap((trace, i) => (trace.x === data[i].x && trace.y === data[i].y ? [] : [i]));

/** Has a layout the first axis and as many labels as the drawn one? Only plotly draws others. */
const keepsAxis = ({ xaxis, annotations = [] }, { xaxis: drawn, annotations: labels = [] }) =>
  isSame(xaxis?.range, drawn?.range) && annotations.length === labels.length;

/** Have traces the symbols of the drawn ones? Only plotly draws others. */
const keepSymbols = (traces, { traces: drawn }) =>
  traces.every(({ marker }, i) => isSame(marker?.symbol, drawn[i].marker?.symbol));

/** Move traces, and the layout's names and marks, in a panel that plotly has drawn; returns whether that is enough. */
function paintMoved(panel, traces, layout, numbers) {
  const restored = (panel.restored ??= new Map());
  if (!panel.drawn) return false;
  for (const number of numbers) {
    const trace = traces[number], element = traceElement(panel.plot, number), axes = panel.axes(trace);
    if (!element || element.querySelectorAll(".js-line").length > 1) return false;   // a line with gaps
    if (trace.type === "bar") moveBars(element, trace, axes, panel.drawn.traces[number], 1 - (layout.bargap ?? 0));
    else moveScatter(element, { ...trace, y: categories(trace, panel.drawn.traces[number]) }, axes, restored);
  }
  renameRows(panel, layout, restored);
  moveMarks(panel, layout, restored);
  return true;
}

/** The y of a trace: on an axis of names the ones that plotly knows. */
const categories = ({ y }, drawn) => (typeof y[0] === "string" ? drawn.y : y);

/** Before plotly draws again: its own texts, and no shifts. */
function endDragPaint(panel) {
  for (const [text, content] of panel.restored ?? []) text.textContent = content;
  if (panel.restored?.size) for (const group of panel.plot.querySelectorAll(".annotation")) group.removeAttribute("transform");
  panel.restored = panel.labels = undefined;
}
