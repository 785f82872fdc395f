// sheet.js: strokes in units of the sheet's side, drawn on the page and, at a lower resolution, for Python.

const WIDTH = 0.085;   // of a stroke
const NEAR = 0.004;    // of the side: a point closer to the last one is dropped
const UNITS = 1000;    // of the side, in which Python keeps the points: a sheet that comes back is the same

const rounded = (point) => point.map((value) => Math.round(UNITS * value) / UNITS);
const toUnits = (stroke) => stroke.flat().map((value) => Math.round(UNITS * value));
const fromUnits = (line) => Array.from({ length: line.length / 2 }, (_, i) => [line[2 * i] / UNITS, line[2 * i + 1] / UNITS]);

class Sheet {
  constructor(strokes = []) {
    this.strokes = strokes;
  }

  begin(point) { this.strokes.push([rounded(point)]); }

  extend(point) {
    const stroke = this.strokes.at(-1), [x, y] = rounded(point), [lastX, lastY] = stroke.at(-1);
    if (Math.hypot(x - lastX, y - lastY) >= NEAR) stroke.push([x, y]);
  }

  undo() { this.strokes.pop(); }

  clear() { this.strokes.length = 0; }

  /** Draw every stroke in a context of side x side pixels. */
  draw(ctx, side, ink) {
    Object.assign(ctx, { lineCap: "round", lineJoin: "round", lineWidth: WIDTH * side, strokeStyle: ink });
    for (const stroke of this.strokes) {
      ctx.beginPath();
      ctx.moveTo(stroke[0][0] * side, stroke[0][1] * side);
      for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : stroke) ctx.lineTo(x * side, y * side);
      ctx.stroke();
    }
  }

  /** The sheet as side x side grey values from 0 to 255, ink is 255; null when it is empty. */
  values(side) {
    if (!this.strokes.length) return null;
    this.small ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const ctx = this.small;
    if (ctx.canvas.width !== side) ctx.canvas.width = ctx.canvas.height = side;
    ctx.fillStyle = "#000";
    ctx.fillRect(0, 0, side, side);
    this.draw(ctx, side, "#fff");
    const pixels = ctx.getImageData(0, 0, side, side).data;
    return Array.from({ length: side * side }, (_, i) => pixels[4 * i]);
  }

  /** The same from 0 to 1. */
  ink(side) { return this.values(side)?.map((value) => value / 255) ?? null; }

  /** The same bytes in base64; "" when it is empty. */
  grey(side) { return btoa((this.values(side) ?? []).map((value) => String.fromCharCode(value)).join("")); }
}
