// plotly_internals.js: all uses of plotly's internals, each with its benefit.
// tests/browser/components/test_live_figure_edits.py names the use that a new release of plotly breaks.

/** `_fullLayout.width`: was the figure drawn at this width? Benefit: a resize draws only the figures that it changed. */
function drawnWidth(plot) {
  return plot._fullLayout?.width;
}

/** `_fullLayout._size`: the margins that labels and legend needed. Benefit: half of the next drawing's time. */
function usedMargins(plot) {
  const { l, r, t, b } = plot._fullLayout._size;
  return { l, r, t, b };
}

/** A place to six digits; to more far from 0, where six would move it by a part of a pixel that is seen. */
function shortened(axis, value) {
  const isNear = (short) => Math.abs(axis.d2p(short) - axis.d2p(value)) < 0.1;
  return [6, 8, 10, 12].map((digits) => Number(value.toPrecision(digits))).find(isNear) ?? value;
}

/**
 * An axis as plotly laid it out: `_offset`, `_length`, `d2p`, `p2d`. Benefit: conversion between data and pixels,
 * which dragging, drawing, pointing and the dots need; plotly has no public function for it.
 */
function axisOf(axis) {
  return {
    id: axis._id, start: axis._offset, length: axis._length,
    inner: (value) => axis.d2p(value),   // from the axes' corner
    pixel: (value) => axis._offset + axis.d2p(value),   // from the figure's corner
    value: (pixel) => shortened(axis, axis.p2d(Math.min(Math.max(pixel - axis._offset, 0), axis._length))),   // clamped
    within: (value) => {   // the end of the axis for a value beyond it
      const at = axis.d2p(value), inside = Math.min(Math.max(at, 0), axis._length);
      return at === inside ? value : axis.p2d(inside);
    },
  };
}

/** `_fullLayout.xaxis`, `xaxis2`..: the axes of a trace, or null before plotly has drawn and where there are none (3-D). */
function axesOf(plot, trace) {
  const full = plot._fullLayout;
  const x = full?.[(trace?.xaxis ?? "x").replace("x", "xaxis")], y = full?.[(trace?.yaxis ?? "y").replace("y", "yaxis")];
  return x?.d2p && y?.d2p ? { x: axisOf(x), y: axisOf(y) } : null;
}

/** `_fullLayout._subplots`: are the ranges of all axes set? Benefit: frames without a new layout, 2 to 3 times as fast. */
function hasFixedRanges(plot) {
  const full = plot._fullLayout;
  return full._subplots.cartesian.every((name) => {
    const [x, y] = name.split("y");
    return !full[x.replace("x", "xaxis")].autorange && !full[`yaxis${y}`].autorange;
  });
}

/** `_fullData`: is the trace shown, also after a click in the legend? Benefit: the dots follow the legend. */
function isShown(plot, number) {
  return plot._fullData[number].visible === true;
}

/** `_fullLayout._plots`, `.scatterlayer`: insert an element below the lines, clipped at the axes. Benefit: the dots' layer. */
function insertBelowLines(plot, axes, element) {
  const layer = plot._fullLayout._plots[`${axes.x.id}${axes.y.id}`].plot.node();
  layer.insertBefore(element, layer.querySelector(":scope > .scatterlayer"));
}

/** `calcdata[..][0].node3`: the element of a trace, or null. Benefit: a drag moves it without a drawing, at 60 frames a second. */
function traceElement(plot, number) {
  return plot.calcdata?.[number]?.[0]?.node3?.node?.() ?? null;
}
