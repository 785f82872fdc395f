// follow.js: what follows a marker while it is dragged, where a closed form gives it. After the release Python sends the same.
//
// A follower changes the traces; `at` has their numbers by name.

/** A trace at other places. */
const placed = (trace, x, y) => ({ ...trace, x, y });

const trueMinus = (text) => text.replace("-", "−");

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
  traces[at.text] = { ...traces[at.text], text: [`log p(x|θ) = ${trueMinus(Number.isFinite(log) ? log.toPrecision(4) : "-∞")} nats per point`] };
}

/** Trace `at.moved[i]` moves with marker i of the trace `at.markers`, which Python drew at `from[i]`. */
function followShift(traces, { at, from }) {
  const { x, y } = traces[at.markers];
  at.moved.forEach((number, i) => {
    const dx = x[i] - from[i][0], dy = y[i] - from[i][1], trace = traces[number];
    if (dx || dy) traces[number] = placed(trace, trace.x.map((value) => value + dx), trace.y.map((value) => value + dy));
  });
}

/** Weights of the numbers 0, 1, 2, 3 in the cubic through them, at `t`. */
const cubic = (t) => [0, 1, 2, 3].map((k) => [0, 1, 2, 3].reduce((w, j) => (j === k ? w : w * (t - j) / (k - j)), 1));

/** A table (A, B) over equal steps of the logarithms of a and b between `least` and `most`, looked up by cubics. */
function lookUp(table, { least, most }, a, b) {
  const [[i, u], [j, v]] = [a, b].map((value) => {
    const at = Math.log(value / least) / Math.log(most / least) * (table.length - 1);
    const first = Math.min(Math.max(Math.floor(at) - 1, 0), table.length - 4);
    return [first, cubic(at - first)];
  });
  return u.reduce((all, p, k) => all + p * v.reduce((sum, q, l) => sum + q * table[i + k][j + l], 0), 0);
}

/** log density at x of the Beta(a, b) whose log density at its mean is `top`. */
function logBeta(x, a, b, top) {
  const power = (count, ratio) => (count === 1 ? 0 : (count - 1) * Math.log(ratio));
  return top + power(a, x * (a + b) / a) + power(b, (1 - x) * (a + b) / b);
}

/** The Beta of mean x and density y there, between `least` and `most` in both counts; its density grows with n. */
function betaThrough(follow, x, y) {
  const { least, most, prior } = follow, edge = 1.01 * least / (least + most);
  const mean = Math.min(Math.max(x, edge), 1 - edge), target = Math.log(Math.max(y, 1e-9));
  let low = Math.log(least / Math.min(mean, 1 - mean)), high = Math.log(most / Math.max(mean, 1 - mean));
  const counts = (n) => [mean, 1 - mean].map((share) => Math.min(Math.max(Math.exp(n) * share, least), most));
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (lookUp(prior, follow, ...counts(middle)) < target) low = middle; else high = middle;
  }
  return counts((low + high) / 2);
}

/** A number as a text: to four digits, with a power of ten where it is small. */
function readable(log) {
  if (log > Math.log(1e-3)) return String(Number(Math.exp(log).toPrecision(4)));
  const power = Math.floor(log / Math.LN10);
  return `${(Math.exp(log - power * Math.LN10)).toFixed(2)} × 10<sup>−${-power}</sup>`;
}

/** A coin's prior through the dragged point, its posterior, likelihood x prior and evidence. What Python drew stays. */
function followBeta(traces, follow) {
  const { at, drawn, heads, tails, unit, words } = follow, handle = traces[at.handle];
  const [a, b] = betaThrough(follow, handle.x[0], handle.y[0]);
  if (Math.abs(a / drawn.a - 1) < 0.01 && Math.abs(b / drawn.b - 1) < 0.01) {
    traces[at.handle] = placed(handle, [drawn.place[0]], [drawn.place[1]]);
    return;
  }
  const x = Float64Array.from(traces[at.prior].x), inside = (value) => Math.min(Math.max(value, 1e-12), 1 - 1e-7);
  const before = lookUp(follow.prior, follow, a, b), after = lookUp(follow.posterior, follow, a, b);
  const density = (a, b, top) => x.map((value) => Math.min(Math.exp(logBeta(inside(value), a, b, top)), 1e30));
  const prior = density(a, b, before), mean = (a + heads) / (a + b + heads + tails);
  traces[at.prior] = placed(traces[at.prior], x, prior);
  traces[at.posterior] = placed(traces[at.posterior], x, density(a + heads, b + tails, after));
  traces[at.joint] = placed(traces[at.joint], x, prior.map((value, i) => value * traces[at.likelihood].y[i] * unit));
  traces[at.handle] = placed(handle, [a / (a + b)], [Math.exp(before)]);
  const likelihood = (heads && heads * Math.log(mean)) + (tails && tails * Math.log(1 - mean));
  const evidence = likelihood + logBeta(mean, a, b, before) - after;       // Bayes' theorem at the posterior mean
  traces[at.text] = { ...traces[at.text], text: [words + readable(evidence)] };
}

/** The posterior of the prior that joins the dragged heights, on their scale: prior x likelihood x area / evidence. */
function followHeights(traces, { at, grid, likelihood, area, evidence }) {
  const heights = Array.from(traces[at.heights].y, (y) => Math.max(y, 0)), last = heights.length - 1;
  const dot = (weights) => heights.reduce((sum, height, k) => sum + height * weights[k], 0);
  const scale = dot(evidence) ? dot(area) / dot(evidence) : 0;
  const posterior = grid.map((p, i) => {
    const k = Math.min(Math.floor(p * last), last - 1), share = p * last - k;
    return ((1 - share) * heights[k] + share * heights[k + 1]) * likelihood[i] * scale;
  });
  traces[at.heights] = placed(traces[at.heights], heights.map((_, k) => k / last), heights);
  traces[at.posterior] = placed(traces[at.posterior], grid, posterior);
}

const FOLLOWERS = { beta: followBeta, heights: followHeights, line: followLine, shift: followShift };
