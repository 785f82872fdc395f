// tables.js: reads tables that Python computed, between their nodes; the counterpart of ui/figures/lookup.py.

const DEGREE = 3;   // of the polynomial through the nearest nodes

/** The first of the nodes of an axis [low, high, count] that surround a place, and Lagrange's weights of all of them. */
function nearNodes([low, high, count], at) {
  const place = Math.min(Math.max((at - low) / (high - low), 0), 1) * (count - 1);
  const first = Math.min(Math.max(Math.floor(place) - 1, 0), count - 1 - DEGREE);
  const weights = Array.from({ length: DEGREE + 1 }, (_, j) => {
    let weight = 1;
    for (let k = 0; k <= DEGREE; k++) if (k !== j) weight *= (place - first - k) / (j - k);
    return weight;
  });
  return { first, weights };
}

/** A sum over nodes of `nearNodes`. value: of the node with a number. */
const readNodes = ({ first, weights }, value) => weights.reduce((sum, weight, j) => sum + weight * value(first + j), 0);

/** The value of a table over one axis at a place. */
const readLine = (values, axis, at) => readNodes(nearNodes(axis, at), (i) => values[i]);

/** The value of a flat table over axes, the last one running fastest, at nodes of `nearNodes`, one for each axis. */
function readAt(values, axes, near, from = 0) {
  const [nodes, ...rest] = near, [, ...inner] = axes;
  const stride = inner.reduce((size, [, , count]) => size * count, 1);
  return readNodes(nodes, (i) => (rest.length ? readAt(values, inner, rest, from + i * stride) : values[from + i * stride]));
}

/** Every table at one place: {name: value}. */
function readTables({ axes, values }, place) {
  const near = axes.map((axis, i) => nearNodes(axis, place[i]));
  return Object.fromEntries(Object.entries(values).map(([name, table]) => [name, readAt(table, axes, near)]));
}
