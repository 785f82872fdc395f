// arrays.js: numbers as Python sent them (ui/components/live_figure/payload.py), and how figures are put together.

const ARRAYS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, c1: Uint8ClampedArray,
                 i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array };

const plain = (value) => value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;

/** Arrays arrive as base64; decoded once here, they keep their identity from frame to frame. */
function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (!plain(value)) return value;
  if (typeof value.bdata === "string" && ARRAYS[value.dtype]) return typed(value);
  if (value.ellipse && value.count) return ellipseAxis(value);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decode(part)]));
}

function typed({ bdata, dtype, shape, step }) {
  const letters = atob(bdata), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const whole = new ARRAYS[dtype](bytes.buffer), flat = step ? Float32Array.from(whole, (n) => n * step) : whole;
  return shape ? nested(flat, String(shape).split(",").map(Number)) : flat;
}

/** One coordinate along a whole ellipse. */
function ellipseAxis({ ellipse: [centre, cos, sin], count }) {
  return Float32Array.from({ length: count }, (_, i) => {
    const angle = 2 * Math.PI * i / (count - 1);
    return centre + cos * Math.cos(angle) + sin * Math.sin(angle);
  });
}

function nested(flat, [rows, ...rest]) {
  if (!rest.length) return flat;
  const size = rows ? flat.length / rows : 0;
  return Array.from({ length: rows }, (_, row) => nested(flat.subarray(row * size, (row + 1) * size), rest));
}

/** `over` laid on `base`: objects are merged, anything else (arrays too) is replaced. Neither is changed. */
function merge(base, over) {
  if (!plain(base) || !plain(over)) return over;
  const both = { ...base };
  for (const [name, part] of Object.entries(over)) both[name] = merge(both[name], part);
  return both;
}

/** A copy of the objects; arrays are shared. */
const clone = (value) => (plain(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, clone(v)])) : value);

/** Which properties a value sets, whatever their values: frames that set the same ones can follow each other. */
const sets = (value) => (plain(value) ? Object.keys(value).sort().map((k) => [k, sets(value[k])]) : 0);
