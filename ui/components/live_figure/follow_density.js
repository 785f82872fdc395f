// follow_density.js: a density under its dragged top, and bars of probabilities with the joint table that they give.

/** A table of values at equal steps, interpolated; beyond its ends the last line goes on. */
function valueAt({ from, step, values }, u) {
  const place = (u - from) / step, i = Math.min(Math.max(Math.floor(place), 0), values.length - 2);
  return values[i] + (place - i) * (values[i + 1] - values[i]);
}

/**
 * Location and scale of a density with its top at the marker: p(x) = f((x - location) / scale) / scale. A marker on the axis
 * or below it is the widest density, as when Python computes it.
 */
function locationScale({ x, y }, { top, locations, scales }) {
  const inside = (value, [low, high]) => Math.min(Math.max(value, low), high);
  const scale = inside(Math.exp(top[1]) / Math.max(y[0], 1e-300), scales);
  return { location: inside(x[0] - scale * top[0], locations), scale };
}

const decimal = (value) => value.toFixed(2).replace("-", "\u2212");

/**
 * A density under its dragged top `at.top`: the curve, the points' densities, their log terms, the terms laid end to end,
 * and the new point `at.fresh` on the curve, with its log density.
 *
 * table: log f at equal steps, computed by dgm. top: where f is highest, and log f there. locations, scales: the limits.
 * end: of the axis of the sum, which grows only when the pointer is released.
 */
function followDensity(traces, { at, table, top, locations, scales, end, still }) {
  if (still) return;   // Python computed what is drawn, without the table
  const { location, scale } = locationScale(traces[at.top], { top, locations, scales }), shift = Math.log(scale);
  const logs = (x) => Array.from(x, (value) => valueAt(table, (value - location) / scale) - shift);
  const raise = (number, values, zero = 0) => {
    const { x } = traces[number];
    traces[number] = placed(traces[number], x, Array.from(x, (_, i) => (i % 3 === 1 ? values[(i - 1) / 3] : i % 3 ? NaN : zero)));
  };
  const set = (number, y) => { traces[number] = placed(traces[number], traces[number].x, y); };
  const terms = logs(traces[at.points].x), densities = terms.map(Math.exp);
  set(at.curve, logs(traces[at.curve].x).map(Math.exp));
  set(at.points, densities);
  raise(at.stems, densities);
  set(at.ticks, terms);
  raise(at.terms, terms);
  const ends = [0];
  for (const term of terms) ends.push(ends.at(-1) + term);
  traces[at.strip] = placed(traces[at.strip], ends, traces[at.strip].y);
  const beyond = ends.at(-1) < end ? ", beyond the axis" : "";
  traces[at.sum] = { ...traces[at.sum], text: [`sum of ${terms.length} terms = ${decimal(ends.at(-1))} nats${beyond}`] };
  traces[at.top] = placed(traces[at.top], [location + scale * top[0]], [Math.exp(top[1]) / scale]);
  const fresh = logs(traces[at.fresh].x);
  set(at.fresh, fresh.map(Math.exp));
  traces[at.freshText] = { ...traces[at.freshText], text: [`\u25c6 new x: log p = ${decimal(fresh[0])}`] };
}

/** In the figure beside it: the place of the density on the surface of the log-likelihood. */
function followPlace(traces, first, { at, top, locations, scales }) {
  const { location, scale } = locationScale(first[at.top], { top, locations, scales });
  traces[at.here] = placed(traces[at.here], [location], [scale]);
}

/** Bars under their dragged tops `at.tops`, each a probability. */
function followBars(traces, { at }) {
  const { x } = traces[at.bars], y = Array.from(traces[at.tops].y, (value) => Math.min(Math.max(value, 0), 1));
  traces[at.bars] = placed(traces[at.bars], x, y);
  traces[at.tops] = placed(traces[at.tops], x, y);
}

/** In the figure beside them: the joint table, each entry the product along its path. paths: [number of the bar, is it 1?]. */
function followJoint(traces, first, { at, paths }) {
  const p = first[at.tops].y, entry = (path) => path.reduce((all, [bar, one]) => all * (one ? p[bar] : 1 - p[bar]), 1);
  const joint = paths.map(entry);
  traces[at.joint] = { ...placed(traces[at.joint], traces[at.joint].x, joint), text: joint.map((value) => value.toFixed(3)) };
}
