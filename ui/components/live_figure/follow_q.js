// follow_q.js: a distribution q under the pointer. Its curve is the standard normal's table, moved and stretched; every
// number is read from tables of its parameters (tables.js), so that both figures follow without the server.

const LONGEST = 1e3;   // nats of an infinite bar: farther than its axis
const MANY = 100;     // nats of log p(x): from here on two decimals are enough
const ROUNDING = 1e-9; // nats of a bar that is none
const between = (value, low, high) => Math.min(Math.max(value, low), high);
const rounded = (value, digits = 3) => Number(value.toFixed(digits));   // as Python rounds a q that was dragged

/** Is nothing moved? Then the exact numbers that Python has drawn stay. */
function isStill(follow) {
  if (follow.still) follow.now = null;
  return follow.still;
}

/** The traces of the width: the marker one deviation from a mean, and the bar to it; left of a mean beyond `turn`. */
function placeWidth(traces, { at, turn }, mean, deviation, height) {
  const edge = mean > turn ? mean - deviation : mean + deviation, { marker } = traces[at.width];
  traces[at.width] = { ...placed(traces[at.width], [edge], [height]),
                       marker: { ...marker, symbol: mean > turn ? "triangle-left" : "triangle-right" } };
  traces[at.bar] = placed(traces[at.bar], [mean, edge], [height, height]);
}

/**
 * A Gaussian q: the marker `centre` is its mean, `width` lies one deviation away from it.
 *
 * q: [mean, deviation] before the drag. edge: the x of `width` then. tables: over mean and root of the deviation.
 * unit: u, density and log density of N(0, 1). entropy: of N(0, 1). heights: of the two markers. turn: see `placeWidth`.
 */
function followGaussian(traces, follow) {
  if (isStill(follow)) return;
  const { at, q, edge, tables, unit } = follow, [means, roots] = tables.axes;
  const mean = rounded(between(traces[at.centre].x[0], means[0], means[1]));
  const marked = traces[at.width].x[0], moved = marked === edge ? q[1] : Math.abs(marked - traces[at.centre].x[0]);
  const deviation = rounded(between(moved, roots[0] ** 2, roots[1] ** 2)), root = Math.sqrt(deviation);
  const log = Math.log(deviation);
  const z = Float64Array.from(unit.u, (u) => mean + deviation * u);
  const density = Float64Array.from(unit.density, (value) => value / deviation);
  follow.now = withSums({ ...follow.fixed, ...readTables(tables, [mean, root]) }, follow.entropy + log);
  traces[at.q] = placed(traces[at.q], z, density);
  traces[at.centre] = placed(traces[at.centre], [mean], [follow.heights[0]]);
  placeWidth(traces, follow, mean, deviation, follow.heights[1]);
  if (at.positive !== undefined) shade(traces, follow, { z, density, log });
}

/**
 * A q of two Gaussians with one deviation: the markers `centre` and `second` are the tops of its parts, `width` lies one
 * deviation beside the first. The height of a top is the weight of its part.
 *
 * q: [first mean, second mean, deviation, weight] before the drag. tops: heights of both markers then; edge: the x of
 * `width`. information: a table over asin(sqrt(weight)) and the distance of the means in deviations.
 */
function followTwo(traces, follow) {
  if (isStill(follow)) return;
  const { at, tables, information, unit, height } = follow, [means, roots] = tables.axes;
  const inside = [at.centre, at.second].map((number) => between(traces[number].x[0], means[0], means[1]));
  const [first, second] = inside.map((value) => rounded(value));
  const weight = rounded(movedWeight(traces, follow)), weights = [weight, 1 - weight];
  const marked = traces[at.width].x[0], moved = marked === follow.edge ? follow.q[2] : Math.abs(marked - inside[0]);
  const deviation = rounded(between(moved, roots[0] ** 2, roots[1] ** 2)), root = Math.sqrt(deviation);
  const gained = readTables(information, [Math.asin(Math.sqrt(weight)), Math.abs(first - second) / deviation]).information;
  const [one, two] = [first, second].map((mean) => readTables(tables, [mean, root]));
  const mixed = (name) => weights[0] * one[name] + weights[1] * two[name];
  follow.now = withSums({ ...follow.fixed, reconstruction: mixed("reconstruction"), kl: Math.max(mixed("kl") - gained, 0) },
                        follow.entropy + Math.log(deviation) + gained);
  const parts = [first, second].map((mean, k) => Float64Array.from(follow.z, (z) =>
    weights[k] / deviation * readLine(unit.density, unit.axis, (z - mean) / deviation)));
  traces[at.part1] = placed(traces[at.part1], follow.z, parts[0]);
  traces[at.part2] = placed(traces[at.part2], follow.z, parts[1]);
  traces[at.q] = placed(traces[at.q], follow.z, parts[0].map((value, i) => value + parts[1][i]));
  traces[at.centre] = placed(traces[at.centre], [first], [weights[0] * follow.peak / deviation]);
  traces[at.second] = placed(traces[at.second], [second], [weights[1] * follow.peak / deviation]);
  placeWidth(traces, follow, first, deviation, height);
}

/** The weight of the first part: as the top that was moved says. */
function movedWeight(traces, { at, q, tops, weights: [fewest, most], peak }) {
  const [first, second] = [traces[at.centre].y[0], traces[at.second].y[0]], whole = peak / q[2];
  if (first !== tops[0]) return between(first / whole, fewest, most);
  return second === tops[1] ? q[3] : between(1 - second / whole, fewest, most);
}

/** The numbers with the sums of the slide: L = reconstruction - kl, log p(x) = L + gap, L = E_q log p(x, z) + entropy. */
function withSums(now, entropy) {
  const bound = now.reconstruction - now.kl;
  return { ...now, bound, reverse: Math.max(now.evidence - bound, 0), complete: bound - entropy };
}

/** The integrand of KL(q || p) over z: what lies above 0 and what lies below it. */
function shade(traces, { at, unit, log_p: logP }, { z, density, log }) {
  const values = z.map((place, i) => density[i] * (unit.log[i] - log - readLine(logP.values, logP.axis, place)));
  traces[at.positive] = placed(traces[at.positive], z, values.map((value) => Math.max(value, 0)));
  traces[at.negative] = placed(traces[at.negative], z, values.map((value) => Math.min(value, 0)));
}

/**
 * A q over a few values: the marker's height is the probability of one, and the others share what is left.
 *
 * shares: of each value in what is left, null for the one of the marker. digits: of q after the point. tables: over
 * asin(sqrt(q)). edges: numbers that are infinite where q is 0 or 1.
 */
function followShare(traces, follow) {
  if (isStill(follow)) return;
  const { at, tables, edges, shares, digits } = follow, q = rounded(between(traces[at.centre].y[0], 0, 1), digits);
  follow.now = { ...follow.fixed, ...readTables(tables, [Math.asin(Math.sqrt(q))]) };
  if (q === 0 || q === 1) for (const name of edges) follow.now[name] = Infinity;
  traces[at.q] = { ...traces[at.q], y: shares.map((share) => (share === null ? q : (1 - q) * share)) };
  traces[at.centre] = placed(traces[at.centre], [follow.place], [q]);
}

/** A place on the ruler, as bound_ruler.py writes it. */
function placeText(value, digits) {
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  return trueMinus((Number(value.toFixed(digits)) + 0).toFixed(digits));      // + 0: never "−0.000"
}

/** The number of a bar, as bound_ruler.py writes it; `error`: below it the tables cannot tell it from 0. */
function lengthText(start, end, digits, error) {
  const size = end - start;
  if (!Number.isFinite(size)) return placeText(size, digits);
  if (Math.abs(size) < error) return `below ${written(error, 2)}`;
  if (Math.abs(size) < ROUNDING) return "0";
  const shown = rounded(end, digits) - rounded(start, digits);
  return rounded(shown, digits) ? placeText(shown, digits) : written(size, 2);
}

/** A standard error to one digit, as bound_ruler.py writes it. */
const ofError = (error) => written(Number(error.toPrecision(1)), 6);

/** The ends of a ruler's axis at these numbers: `doubled_span` of axis_ends.py is its counterpart. */
function doubledSpan({ span, about, rows }, now) {
  if (about === undefined) return span;
  const centre = now[about], sides = span.map((end) => Math.abs(end - centre));
  const ends = rows.flatMap(({ from, to, error }) => {
    const spread = error ? now[error] : 0;
    return [now[from], now[to] - spread, now[to] + spread].filter(Number.isFinite);
  });
  const reach = ends.map((end) => Math.abs(end - centre) / (sides[Number(end > centre)] || Infinity));
  const times = 2 ** Math.max(0, Math.ceil(Math.log2(Math.max(1, ...reach))));
  return times > 1 ? [centre - times * sides[0], centre + times * sides[1]] : span;
}

/** The note at the end of each infinite bar. */
const notesOfEndless = ({ rows, endless }, now, [, end]) =>
  rows.flatMap(({ to }, i) => (now[to] === Infinity ? [{ ...endless, x: end, y: rows.length - 1 - i }] : []));

/**
 * The ruler of bounds at the numbers of this q. rows: {trace, label, from, to, error, ends}, names of numbers; `to` alone is
 * a point, and `ends` are those of the bar whose number is written where it is not this one's. marks: {place, label, value, still}: number of the line and of its label. span: ends of the axis, which double about
 * the number `about` where a row would leave it. endless: the note on an infinite bar, without its place.
 */
function followRuler(traces, _, { ruler, now }, layout) {
  if (!ruler || !now) return;
  const span = doubledSpan(ruler, now), inside = (value) => between(value, ...span);
  const digits = Math.abs(now.evidence) >= MANY ? 2 : 3;
  const names = ruler.rows.map(({ trace, label, from, to, error, ends = [from, to] }) => {
    const size = from ? lengthText(now[ends[0]], now[ends[1]], digits, ruler.error) : placeText(now[to], digits);
    const spread = error && now[error], name = `${label} ${size}${spread ? ` ± ${ofError(spread)}` : ""}`;
    const end = now[to] === Infinity ? LONGEST : now[to];
    traces[trace] = from ? { ...traces[trace], y: [name], base: [now[from]], x: [end - now[from]] }
      : { ...traces[trace], y: [name], x: [now[to]], ...(error ? { error_x: { ...traces[trace].error_x, array: [spread] } } : {}) };
    return name;
  });
  layout.xaxis = { ...layout.xaxis, range: span };
  layout.yaxis = { ...layout.yaxis, categoryarray: names.toReversed() };
  if (ruler.endless) layout.annotations = notesOfEndless(ruler, now, span);
  if (!ruler.marks.length) return;
  layout.shapes = layout.shapes.map((shape) => ({ ...shape }));
  layout.annotations = layout.annotations.map((annotation) => ({ ...annotation }));
  for (const { place, label, value } of ruler.marks) {
    const x = inside(now[value]), left = x - span[0] < (span[1] - span[0]) / 2;
    Object.assign(layout.shapes[place], { x0: x, x1: x });
    Object.assign(layout.annotations[place], { x, text: `${label} ${placeText(now[value], digits)}`,
      xanchor: left ? "left" : "right", xshift: left ? -2 : 2 });
  }
}
