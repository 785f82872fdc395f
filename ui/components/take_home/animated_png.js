// animated_png.js: PNGs of one size as one animated PNG (APNG, the PNG specification's third edition).

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function checksum(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}

const joined = (parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole;
};

/** Numbers of some bytes each, the most significant byte first: [[bytes, number], ...]. */
const bigEndian = (...fields) => Uint8Array.from(fields.flatMap(([size, value]) =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) % 256)));

function pngChunk(name, content) {
  const named = joined([Uint8Array.from(name, (letter) => letter.charCodeAt(0)), content]);
  return joined([bigEndian([4, content.length]), named, bigEndian([4, checksum(named)])]);
}

/** The chunks of a PNG: [name, content] of each. */
function pngChunks(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset), found = [];
  for (let at = SIGNATURE.length; at < bytes.length; at += 12 + view.getUint32(at)) {
    const length = view.getUint32(at);
    found.push([String.fromCharCode(...bytes.subarray(at + 4, at + 8)), bytes.subarray(at + 8, at + 8 + length)]);
  }
  return found;
}

/** Pictures of which all pixels are transparent that are as in the one before: most of a figure stays as it was. */
class Changes {
  next(canvas) {
    const { width, height } = canvas, shown = canvas.getContext("2d").getImageData(0, 0, width, height);
    const before = this.before, now = new Uint32Array(shown.data.buffer);
    this.before = now.slice();
    this.canvas ??= Object.assign(document.createElement("canvas"), { width, height });
    if (before) for (let i = 0; i < now.length; i++) if (now[i] === before[i]) now[i] = 0;
    this.canvas.getContext("2d").putImageData(shown, 0, 0);
    return this.canvas;
  }
}

/** pictures: PNGs as bytes, each laid over the one before. milliseconds: of each. It plays for ever. Error when their sizes differ. */
function animatedPng(pictures, milliseconds) {
  const all = pictures.map(pngChunks), header = all[0].find(([name]) => name === "IHDR")[1], view = new DataView(header.slice().buffer);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  if (all.some((chunks) => String(chunks[0][1]) !== String(header))) throw new Error("the pictures differ in size");
  let number = 0;
  const frames = all.flatMap((chunks, i) => {
    const control = pngChunk("fcTL", bigEndian([4, number++], [4, width], [4, height], [4, 0], [4, 0],
                                               [2, Math.round(milliseconds[i])], [2, 1000], [1, 0], [1, i ? 1 : 0]));
    const data = chunks.filter(([name]) => name === "IDAT").map(([, content]) => (
      i ? pngChunk("fdAT", joined([bigEndian([4, number++]), content])) : pngChunk("IDAT", content)));
    return [control, ...data];
  });
  return joined([Uint8Array.from(SIGNATURE), pngChunk("IHDR", header), pngChunk("acTL", bigEndian([4, all.length], [4, 0])),
                 ...frames, pngChunk("IEND", new Uint8Array())]);
}
