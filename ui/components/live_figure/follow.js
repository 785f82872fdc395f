// follow.js: what follows a marker while it is dragged, where a closed form gives it. After the release Python sends the same.
//
// A follower changes the traces; `at` has their numbers by name.

/** A trace at other places. */
const placed = (trace, x, y) => ({ ...trace, x, y });

/** Mean, eigenvalues (the largest first) and first eigenvector of points in the plane, its largest entry positive. */
function principal(x, y) {
  const n = x.length, sum = (values) => values.reduce((all, value) => all + value, 0);
  const mean = [sum(x) / n, sum(y) / n];
  let a = 0, b = 0, c = 0;
  for (let i = 0; i < n; i++) {
    const u = x[i] - mean[0], v = y[i] - mean[1];
    a += u * u / n; b += u * v / n; c += v * v / n;
  }
  const middle = (a + c) / 2, half = Math.hypot((a - c) / 2, b), angle = 0.5 * Math.atan2(2 * b, a - c);
  const along = [Math.cos(angle), Math.sin(angle)];
  const sign = Math.abs(along[0]) >= Math.abs(along[1]) ? Math.sign(along[0]) : Math.sign(along[1]);
  return { mean, values: [middle + half, middle - half], along: along.map((entry) => sign * entry) };
}

/**
 * The PCA model of points in the plane with one latent, fitted again to the points of the trace `at.data`: its line, band
 * of noise, contour of p(x), log p, drawn points, and the z of the strip with its place on the line and its noise.
 *
 * indices: of the points that the trace `at.ring` shows. share: noise variance by the most likely one. half: half the
 * length of the line. draws: z, and noise of deviation 1, of the new points.
 */
function followLine(traces, { at, indices, share, half, draws }) {
  const ring = traces[at.ring], x = Float64Array.from(traces[at.data].x), y = Float64Array.from(traces[at.data].y);
  indices.forEach((index, i) => { x[index] = ring.x[i]; y[index] = ring.y[i]; });
  traces[at.data] = placed(traces[at.data], x, y);
  const { mean, values, along } = principal(x, y), noise = share * values[1], sigma = Math.sqrt(Math.max(noise, 0));
  const across = [-along[1], along[0]], deviation = Math.sqrt(Math.max(values[0] - noise, 0));
  const point = (length, off = 0) => [0, 1].map((d) => mean[d] + length * along[d] + off * across[d]);
  const put = (number, points) => { traces[number] = placed(traces[number], points.map((p) => p[0]), points.map((p) => p[1])); };
  const edge = 2 * sigma, turn = Array.from({ length: 73 }, (_, i) => 2 * Math.PI * i / 72);
  put(at.band, [[-half, edge], [half, edge], [half, -edge], [-half, -edge], [-half, edge]].map((p) => point(...p)));
  put(at.line, [point(-half), point(half)]);
  const wide = Math.hypot(deviation, sigma);
  put(at.contour, turn.map((t) => point(2 * wide * Math.cos(t), 2 * sigma * Math.sin(t))));
  if (at.decoded !== undefined) {
    const decoded = draws.z.map((z) => point(deviation * z));
    const drawn = decoded.map((p, i) => [p[0] + sigma * draws.noise[i][0], p[1] + sigma * draws.noise[i][1]]);
    put(at.decoded, decoded);
    put(at.drawn, drawn);
    put(at.path, decoded.flatMap((p, i) => [p, drawn[i], [NaN, NaN]]));
  }
  const z = traces[at.z].x[0], centre = point(deviation * z);
  traces[at.z] = placed(traces[at.z], [z], [0]);
  put(at.place, [centre]);
  put(at.disc, turn.map((t) => [centre[0] + edge * Math.cos(t), centre[1] + edge * Math.sin(t)]));
  const fit = values[0] / wide ** 2 + values[1] / noise;
  const log = -0.5 * (2 * Math.log(2 * Math.PI) + 2 * Math.log(wide) + Math.log(noise) + fit);
  traces[at.text] = { ...traces[at.text], text: [`log p(x|θ) = ${Number.isFinite(log) ? log.toPrecision(4) : "-∞"} nats per point`] };
}

/** A table of values at equal steps, interpolated; beyond its ends the last line goes on. */
function lookUp({ from, step, values }, u) {
  const place = (u - from) / step, i = Math.min(Math.max(Math.floor(place), 0), values.length - 2);
  return values[i] + (place - i) * (values[i + 1] - values[i]);
}

/** Location and scale of a density with its top at the marker: p(x) = f((x - location) / scale) / scale. */
function locationScale({ x, y }, { top, scales }) {
  const scale = Math.min(Math.max(Math.exp(top[1]) / y[0], scales[0]), scales[1]);
  return { location: x[0] - scale * top[0], scale };
}

const decimal = (value) => value.toFixed(2).replace("-", "\u2212");

/**
 * A density under its dragged top `at.top`: the curve, the points' densities, their log terms, the terms laid end to end,
 * and the log density of the new point `at.fresh`.
 *
 * table: log f at equal steps, computed by dgm. top: where f is highest, and log f there. scales: the limits. height: of the
 * new point in the figure.
 */
function followDensity(traces, { at, table, top, scales, height }) {
  const { location, scale } = locationScale(traces[at.top], { top, scales }), shift = Math.log(scale);
  const logs = (x) => Array.from(x, (value) => lookUp(table, (value - location) / scale) - shift);
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
  traces[at.sum] = { ...traces[at.sum], text: [`sum of ${terms.length} terms = ${decimal(ends.at(-1))} nats`] };
  traces[at.top] = placed(traces[at.top], [location + scale * top[0]], [Math.exp(top[1]) / scale]);
  const fresh = traces[at.fresh].x[0];
  traces[at.fresh] = placed(traces[at.fresh], [fresh], [height]);
  traces[at.freshText] = { ...traces[at.freshText], text: [`\u25c6 new x: log p = ${decimal(logs([fresh])[0])}`] };
}

/** In the figure beside it: the place of the density on the surface of the log-likelihood. */
function followPlace(traces, first, { at, top, scales }) {
  const { location, scale } = locationScale(first[at.top], { top, scales });
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

const FOLLOWERS = { line: followLine, density: followDensity, table: followBars };
const BESIDE = { density: followPlace, table: followJoint };   // what follows in the other figures: their traces, those of the first, the settings
