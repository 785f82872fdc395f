// encoder.js: a drawing centred and scaled as the data are, and the encoder as matrix products. dgm has both.

// The window of a frame on the ink: its first row and column, and the side of a frame's pixel in the ink's.
function windowOf(ink, side, [height, width], { faint, share }) {
  const rows = new Float64Array(side), columns = new Float64Array(side);
  let top = side, bottom = -1, left = side, right = -1;
  for (let r = 0; r < side; r++) {
    for (let c = 0; c < side; c++) {
      if (ink[r * side + c] <= faint) continue;
      top = Math.min(top, r); bottom = Math.max(bottom, r); left = Math.min(left, c); right = Math.max(right, c);
    }
  }
  if (bottom < 0) return null;
  let mass = 0;
  for (let r = top; r <= bottom; r++) {
    for (let c = left; c <= right; c++) {
      const value = ink[r * side + c];
      rows[r] += value; columns[c] += value; mass += value;
    }
  }
  const size = Math.max(bottom - top + 1, right - left + 1) / (share * Math.min(height, width));
  const start = (sums, first, last, length) => {
    let middle = 0;
    for (let i = first; i <= last; i++) middle += sums[i] * (i - first + 0.5);
    return first + Math.min(Math.max(middle / mass - length / 2, last - first + 1 - length), 0);
  };
  return { size, box: [top, bottom, left, right], top: start(rows, top, bottom, height * size),
           left: start(columns, left, right, width * size) };
}

// By how much each of `count` intervals of a size overlaps the pixels first..last of the ink: (count, length).
function overlaps(start, size, count, first, last) {
  return Array.from({ length: count }, (_, i) => {
    const weights = new Float64Array(last - first + 1), from = start + i * size, to = from + size;
    for (let k = first; k <= last; k++) weights[k - first] = Math.max(0, Math.min(to, k + 1) - Math.max(from, k));
    return weights;
  });
}

/** The ink (side x side, 0..1) as an image of the data's shape, its largest value 1; null where there is no ink. */
function framed(ink, side, shape, frame) {
  const found = windowOf(ink, side, shape, frame);
  if (!found) return null;
  const [height, width] = shape, [top, bottom, left, right] = found.box;
  const byRow = overlaps(found.top, found.size, height, top, bottom);
  const byColumn = overlaps(found.left, found.size, width, left, right);
  const image = new Float64Array(height * width), across = new Float64Array(right - left + 1);
  let largest = 0;
  byRow.forEach((rows, i) => {
    across.fill(0);
    rows.forEach((weight, r) => {
      if (weight) for (let c = 0; c < across.length; c++) across[c] += weight * ink[(top + r) * side + left + c];
    });
    byColumn.forEach((columns, j) => {
      let sum = 0;
      for (let c = 0; c < across.length; c++) sum += columns[c] * across[c];
      image[i * width + j] = sum;
      largest = Math.max(largest, sum);
    });
  });
  return image.map((value) => value / largest);
}

/** Black where a value reaches the threshold, as the data are. */
const binarised = (image, threshold) => Float32Array.from(image, (value) => Number(Math.fround(value) >= threshold));

// Pixels -> mean and deviation of q(z | x).
class Encoder {
  constructor({ header, arrays }) {
    this.limit = header.limit;
    this.latent = header.latent;
    this.layers = Array.from({ length: header.encoders }, (_, i) => ({
      weight: arrays[`encoder_weight${i}`], bias: arrays[`encoder_bias${i}`],
      out: new Float32Array(arrays[`encoder_bias${i}`].length),
    }));
  }

  run(x) {
    const last = this.layers.at(-1);
    for (const layer of this.layers) {
      affine(layer.weight, layer.bias, x, layer.out);
      if (layer !== last) apply("tanh", layer.out);
      x = layer.out;
    }
    const mean = x.slice(0, this.latent);
    const deviation = Array.from(x.slice(this.latent), (raw) => Math.exp(0.5 * this.limit * Math.tanh(raw / this.limit)));
    return { mean, deviation };
  }
}
