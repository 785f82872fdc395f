// Which picture the pad of this key shows: the decoder's mean, or a draw of pixels with the noise in this message.

const NOISES = (globalThis[Symbol.for("dgm.latent-pad.noise")] ??= new Map());   // the pad reads it

export default function ({ data }) {
  const bytes = data.slice(), size = new DataView(bytes.buffer).getUint32(0, true);
  const { key, arrays } = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
  NOISES.set(key, new Float32Array(bytes.buffer, 4 + size + 4 * arrays.noise[0], arrays.noise[1]));
  window.dispatchEvent(new CustomEvent("dgm-latent-picture", { detail: key }));
}
