// follow_line.js: the PCA model of points in the plane, fitted again to the points as they are dragged.

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
  const end = deviation > 0 ? half : 0;      // where W is 0 there is no line
  const edge = 2 * sigma, turn = Array.from({ length: 73 }, (_, i) => 2 * Math.PI * i / 72);
  put(at.band, [[-end, edge], [end, edge], [end, -edge], [-end, -edge], [-end, edge]].map((p) => point(...p)));
  put(at.line, [point(-end), point(end)]);
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
  traces[at.text] = { ...traces[at.text], text: [`log p(x|θ) = ${Number.isFinite(log) ? written(log, 4) : "−∞"} nats per point`] };
}
