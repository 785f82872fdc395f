// follow_prior.js: ellipses under their dragged means; prior, posterior and evidence under a dragged prior.

/** Trace `at.moved[i]` moves with marker i of the trace `at.markers`, which Python drew at `from[i]`. */
function followShift(traces, { at, from }) {
  const { x, y } = traces[at.markers];
  at.moved.forEach((number, i) => {
    const dx = x[i] - from[i][0], dy = y[i] - from[i][1], trace = traces[number];
    if (dx || dy) traces[number] = placed(trace, trace.x.map((value) => value + dx), trace.y.map((value) => value + dy));
  });
}

/** A table (A, B) over equal steps of the logarithms of a and b between `least` and `most`. */
function lookUp(table, { least, most }, a, b) {
  const axis = [Math.log(least), Math.log(most), table.length];
  const [rows, columns] = [a, b].map((value) => nearNodes(axis, Math.log(value)));
  return readNodes(rows, (i) => readNodes(columns, (j) => table[i][j]));
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
  return counts((low + high) / 2).map((count) => Number(count.toPrecision(3)));   // as Python rounds them
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
  // At the ends of the counts `betaThrough` gives others than those drawn, also where nothing has moved.
  if (follow.still || (Math.abs(a / drawn.a - 1) < 0.01 && Math.abs(b / drawn.b - 1) < 0.01)) {
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
