// arrays.js: decodes the arrays of Python's message (ui/components/live_figure/payload.py), and merges figures with frames.

const ARRAYS = { f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array, c1: Uint8ClampedArray,
                 i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array };

const isPlainObject = (value) =>
  value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;

/** Decode arrays from base64, once, so that unchanged arrays are the same objects in every frame. */
function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (!isPlainObject(value)) return value;
  if (typeof value.bdata === "string" && ARRAYS[value.dtype]) return typed(value);
  if (value.ellipse && value.count) return ellipseAxis(value);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decode(part)]));
}

function typed({ bdata, dtype, shape, step }) {
  const binary = atob(bdata), bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const whole = new ARRAYS[dtype](bytes.buffer), flat = step ? Float32Array.from(whole, (n) => n * step) : whole;
  return shape ? nested(flat, String(shape).split(",").map(Number)) : flat;
}

/** One coordinate along a whole ellipse. */
function ellipseAxis({ ellipse: [centre, cos, sin], count, dtype = "f4" }) {
  return ARRAYS[dtype].from({ length: count }, (_, i) => {
    const angle = 2 * Math.PI * i / (count - 1);
    return centre + cos * Math.cos(angle) + sin * Math.sin(angle);
  });
}

function nested(flat, [rows, ...rest]) {
  if (!rest.length) return flat;
  const size = rows ? flat.length / rows : 0;
  return Array.from({ length: rows }, (_, row) => nested(flat.subarray(row * size, (row + 1) * size), rest));
}

/** `base` updated by `over`, recursively: objects are merged, other values, arrays too, replaced. Neither is changed. */
function merge(base, over) {
  if (!isPlainObject(base) || !isPlainObject(over)) return over;
  const both = { ...base };
  for (const [name, part] of Object.entries(over)) both[name] = merge(both[name], part);
  return both;
}

/** A copy of the objects; arrays are shared. */
const clone = (value) =>
  (isPlainObject(value) ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, clone(v)])) : value);

/** Have two values the same contents? Typed arrays are compared with plain ones by their numbers. */
function isSame(one, other) {
  if (Object.is(one, other)) return true;
  if (isList(one) && isList(other)) return one.length === other.length && one.every((value, i) => isSame(value, other[i]));
  if (!isPlainObject(one) || !isPlainObject(other)) return false;
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => name in other && isSame(one[name], other[name]));
}

/** The names of a value's properties, recursively: frames with equal names can be animated. */
const propertyNames = (value) =>
  (isPlainObject(value) ? Object.keys(value).sort().map((k) => [k, propertyNames(value[k])]) : 0);
