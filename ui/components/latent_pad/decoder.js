// decoder.js: the decoder as matrix products, and the message that contains it. dgm computes weights, means and noise.

// One message: uint32 length of the JSON header, the header, then float32 arrays (little endian).
function unpack(message) {
  const bytes = message.slice(); // the message's offset is unaligned, a copy's is 0
  const size = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  const arrays = {};
  for (const [name, [start, length]] of Object.entries(header.arrays)) {
    arrays[name] = new Float32Array(bytes.buffer, 4 + size + 4 * start, length);
  }
  return { header, arrays };
}

const sigmoid = (a) => 1 / (1 + Math.exp(-a));
const softplus = (a) => (a > 0 ? a + Math.log1p(Math.exp(-a)) : Math.log1p(Math.exp(a)));
const ACTIVATIONS = {
  identity: (a) => a,
  tanh: Math.tanh,
  relu: (a) => (a > 0 ? a : 0),
  sigmoid,
  softplus,
  silu: (a) => a * sigmoid(a),
  elu: (a) => (a > 0 ? a : Math.expm1(a)),
};

// out = weight x + bias. Four rows at a time share each load of x: 2.3 times one row at a time in V8.
function affine(weight, bias, x, out) {
  const n = out.length, m = x.length, even = n - (n % 4);
  let i = 0;
  for (; i < even; i += 4) {
    const p = i * m, q = p + m, r = q + m, s = r + m;
    let a = bias[i], b = bias[i + 1], c = bias[i + 2], d = bias[i + 3];
    for (let j = 0; j < m; j++) {
      const v = x[j];
      a += weight[p + j] * v;
      b += weight[q + j] * v;
      c += weight[r + j] * v;
      d += weight[s + j] * v;
    }
    out[i] = a; out[i + 1] = b; out[i + 2] = c; out[i + 3] = d;
  }
  for (; i < n; i++) {
    let a = bias[i];
    for (let j = 0, p = i * m; j < m; j++) a += weight[p + j] * x[j];
    out[i] = a;
  }
}

function apply(activation, values) {
  const f = ACTIVATIONS[activation];
  for (let i = 0; i < values.length; i++) values[i] = f(values[i]);
}

// z -> pixels. The buffers are allocated once, not during a drag.
class Decoder {
  constructor({ header, arrays }) {
    this.hidden = header.hidden;
    this.output = header.output;
    this.layers = Array.from({ length: header.depth }, (_, i) => ({
      weight: arrays[`weight${i}`], bias: arrays[`bias${i}`], out: new Float32Array(arrays[`bias${i}`].length),
    }));
    this.z = new Float32Array(header.latent);
    this.linear = this.layers.at(-1).out; // logits, or the Gaussian's mean
    this.pixels = new Float32Array(this.linear.length); // in 0..1
  }

  run(z) {
    this.z.set(z);
    let x = this.z;
    for (const layer of this.layers) {
      affine(layer.weight, layer.bias, x, layer.out);
      if (layer.out !== this.linear) apply(this.hidden, layer.out);
      x = layer.out;
    }
    const bernoulli = this.output === "sigmoid";
    for (let i = 0; i < x.length; i++) this.pixels[i] = bernoulli ? sigmoid(x[i]) : Math.min(1, Math.max(0, x[i]));
    return this.pixels;
  }
}

// A sample of pixels from p(x | z) with the noise of the seed, which is the same for every z.
function samplePixels(decoder, noise, deviation, out) {
  const bernoulli = decoder.output === "sigmoid";
  for (let i = 0; i < out.length; i++) {
    out[i] = bernoulli
      ? Number(noise[i] < decoder.pixels[i])
      : Math.min(1, Math.max(0, decoder.linear[i] + deviation * noise[i]));
  }
  return out;
}

// log p(x | z) of the target in nats; without a noise variance, minus the squared error.
function targetScore(decoder, target, variance) {
  const a = decoder.linear;
  let sum = 0;
  if (decoder.output === "sigmoid") {
    for (let i = 0; i < a.length; i++) sum += target[i] * a[i] - softplus(a[i]);
    return sum;
  }
  for (let i = 0; i < a.length; i++) sum -= (target[i] - a[i]) ** 2;
  return variance ? sum / (2 * variance) - (a.length / 2) * Math.log(2 * Math.PI * variance) : sum;
}

// log N(0; 0, I) in nats, the largest log density of the prior.
const priorPeak = (latent) => -latent / 2 * Math.log(2 * Math.PI);

// log N(z; 0, I) in nats.
function logPrior(z) {
  let sum = priorPeak(z.length);
  for (let i = 0; i < z.length; i++) sum -= (z[i] * z[i]) / 2;
  return sum;
}

// The number of rows of the table (rows x latent) within `radius` of z, and the distance of the nearest.
function neighbours(table, z, radius) {
  const d = z.length, limit = radius * radius;
  let count = 0, nearest = Infinity;
  for (let p = 0; p < table.length; p += d) {
    let square = 0;
    for (let j = 0; j < d; j++) square += (table[p + j] - z[j]) ** 2;
    if (square <= limit) count++;
    if (square < nearest) nearest = square;
  }
  return { count, nearest: Math.sqrt(nearest) };
}
