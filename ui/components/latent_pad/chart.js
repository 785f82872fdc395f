// chart.js: the background of the map: the prior, the axes and the latent means of test images.

const polygon = (corners, radius, rotation, inner = radius) => {
  const steps = inner === radius ? corners : 2 * corners;
  const points = Array.from({ length: steps }, (_, i) => {
    const angle = rotation + (2 * Math.PI * i) / steps, r = i % 2 ? inner : radius;
    return `${(r * Math.cos(angle)).toFixed(3)} ${(r * Math.sin(angle)).toFixed(3)}`;
  });
  return `M${points.join("L")}Z`;
};

// The markers of the figures as SVG paths around 0 with radius about 1, for canvas and legend.
const UP = -Math.PI / 2;
const MARKERS = {
  circle: "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  square: polygon(4, 1.2, Math.PI / 4),
  diamond: polygon(4, 1.25, UP),
  "triangle-up": polygon(3, 1.3, UP),
  "triangle-down": polygon(3, 1.3, -UP),
  cross: "M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
  x: "M-.53-1.1L0-.57 .53-1.1 1.1-.53 .57 0 1.1 .53 .53 1.1 0 .57-.53 1.1-1.1 .53-.57 0-1.1-.53Z",
  star: polygon(5, 1.4, UP, 0.6),
  pentagon: polygon(5, 1.15, UP),
  hexagon: polygon(6, 1.1, 0),
};

const MARGIN = { left: 42, right: 10, top: 10, bottom: 42 };
const LARGE = { left: 64, right: 16, top: 12, bottom: 66 };   // with the text of the lecture hall
const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";
const zName = (i) => "z" + [...String(i + 1)].map((digit) => SUBSCRIPTS[digit]).join("");
const signed = (value, digits) => {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
};

// The largest of 1, 10, 100... that is not above a value.
const powerBelow = (value) => 10 ** Math.max(0, Math.floor(Math.log10(Math.max(value, 1))));
// A number of any size: from 1e6 on with a power of ten, as "1.4 × 10⁶".
const HUGE = 1e6;
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const powerOfTen = (power) => "10" + [...String(power)].map((digit) => SUPERSCRIPTS[digit]).join("");
const sized = (value, digits) => {
  if (!(Math.abs(value) >= HUGE && Math.abs(value) < Infinity)) return signed(value, digits);
  const [mantissa, power] = value.toExponential(2).split("e+");
  return `${signed(Number(mantissa), 2)} × ${powerOfTen(power)}`;
};
// A whole number at an axis: 400, 12k, 1M.
const tickText = (value) => {
  const [unit, letter] = Math.abs(value) >= 1e6 ? [1e6, "M"] : Math.abs(value) >= 1e4 ? [1e3, "k"] : [1, ""];
  return signed(value / unit, value % unit ? 1 : 0) + letter;
};
const LARGEST_TICK = 1e7; // from here on the ticks are multiples of a power of ten, which is named once
const TICK_GAP = 6; // CSS pixels, at least, between two texts at the horizontal axis
const NOTE_DISTANCE = 14; // CSS pixels between two sigmas that both have a note

class Chart {
  constructor(canvas) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d");
  }

  // Fit the plot to width x height CSS pixels; the canvas has the screen's resolution.
  layout(width, height, span, large = figureScale() > 1) {
    Object.assign(this, { margin: large ? LARGE : MARGIN, textSize: large ? 20 : 12 });
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) [this.canvas.width, this.canvas.height] = [w, h];
    Object.assign(this, { width, height, ratio, span });
    this.w = width - this.margin.left - this.margin.right;
    this.h = height - this.margin.top - this.margin.bottom;
    this.unit = this.w / (2 * span); // CSS pixels per unit of z
  }

  x(value) { return this.margin.left + (value + this.span) * this.unit; }
  y(value) { return this.margin.top + this.h / 2 - (value * this.h) / (2 * this.span); }
  valueX(pixel) { return (pixel - this.margin.left) / this.unit - this.span; }
  valueY(pixel) { return ((this.margin.top + this.h / 2 - pixel) * 2 * this.span) / this.h; }

  paint(scene, axes, colours, shownClass) {
    const { ctx } = this, flat = scene.header.latent === 1;
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    ctx.font = `${this.textSize}px ${colours.font}`;
    ctx.save();
    ctx.beginPath();
    ctx.rect(this.margin.left, this.margin.top, this.w, this.h);
    ctx.clip();
    if (flat) this.priorCurve(colours); else this.priorDisc(colours);
    this.grid(colours, flat);
    this.points(scene, axes, colours, shownClass);
    this.marks(scene, axes, colours);
    if (flat) this.sigmaLines(colours); else this.circles(colours);
    ctx.restore();
    this.labels(colours, flat ? [0] : axes);
  }

  // The prior's density as opacity of its colour: exp(-r^2 / 2) at 13 radii.
  priorDisc({ prior }) {
    const { ctx } = this, radius = 3.5;
    const fill = ctx.createRadialGradient(this.x(0), this.y(0), 0, this.x(0), this.y(0), radius * this.unit);
    for (let i = 0; i <= 12; i++) {
      const r = (radius * i) / 12;
      fill.addColorStop(i / 12, withAlpha(prior, 0.2 * Math.exp((-r * r) / 2)));
    }
    ctx.fillStyle = fill;
    ctx.fillRect(this.margin.left, this.margin.top, this.w, this.h);
  }

  // The prior's density in one dimension, up to 5 sigma, beyond which it cannot be seen.
  priorCurve({ prior }) {
    const { ctx } = this, floor = this.margin.top + this.h, end = Math.min(this.span, 5);
    ctx.beginPath();
    ctx.moveTo(this.x(-end), floor);
    for (let i = -100; i <= 100; i++) {
      const z = (end * i) / 100;
      ctx.lineTo(this.x(z), floor - 0.92 * this.h * Math.exp((-z * z) / 2));
    }
    ctx.lineTo(this.x(end), floor);
    ctx.fillStyle = withAlpha(prior, 0.13);
    ctx.fill();
  }

  ticks() {
    const power = powerBelow(this.span / 10);
    const step = this.span <= 4 ? 1 : 2 * power * Math.ceil(this.span / (10 * power)), last = Math.floor(this.span / step);
    return Array.from({ length: 2 * last + 1 }, (_, i) => (i - last) * step);
  }

  // The texts of the ticks, and the power of ten that they count, 0 for none.
  tickTexts() {
    const power = this.span > LARGEST_TICK ? Math.floor(Math.log10(this.span)) : 0, ticks = this.ticks();
    if (!power) return { texts: ticks.map(tickText), power };
    const parts = ticks.map((tick) => tick / 10 ** power);
    const digits = parts.every((part) => Math.abs(part - Math.round(part)) < 0.05) ? 0 : 1;
    return { texts: parts.map((part) => signed(part, digits)), power };
  }

  // Every how many ticks have a text at the horizontal axis, counted from 0, so that no two touch.
  textEvery(texts) {
    const widest = Math.max(...texts.map((text) => this.ctx.measureText(text).width)), ticks = this.ticks();
    const apart = ticks.length > 1 ? (ticks[1] - ticks[0]) * this.unit : this.w, half = (ticks.length - 1) / 2;
    return [1, 2, 5].find((every) => every * apart >= widest + TICK_GAP) ?? Math.max(1, half);
  }

  line(x0, y0, x1, y1) {
    const { ctx } = this, half = 0.5 / this.ratio, snap = (v) => Math.round(v * this.ratio) / this.ratio + half;
    ctx.beginPath();
    ctx.moveTo(snap(x0), snap(y0));
    ctx.lineTo(snap(x1), snap(y1));
    ctx.stroke();
  }

  grid({ ink }, flat) {
    const { ctx } = this, [left, right, top, floor] =
      [this.margin.left, this.margin.left + this.w, this.margin.top, this.margin.top + this.h];
    ctx.lineWidth = 1;
    for (const tick of this.ticks()) {
      ctx.strokeStyle = withAlpha(ink, tick === 0 ? 0.34 : 0.09);
      this.line(this.x(tick), top, this.x(tick), floor);
      if (!flat) this.line(left, this.y(tick), right, this.y(tick));
    }
    if (flat) this.line(left, floor - 1, right, floor - 1);
  }

  circles({ prior, paper }) {
    for (const sigma of [1, 2, 3]) {
      const { ctx } = this;
      ctx.beginPath();
      ctx.arc(this.x(0), this.y(0), sigma * this.unit, 0, 2 * Math.PI);
      Object.assign(ctx, { strokeStyle: withAlpha(paper, 0.5), lineWidth: 3.5, lineCap: "round" });
      ctx.stroke();
      Object.assign(ctx, { strokeStyle: prior, lineWidth: 2 });
      ctx.setLineDash([0.1, 5]);
      ctx.stroke();
      ctx.setLineDash([]);
      const side = sigma * Math.SQRT1_2;
      if (this.hasNote(sigma)) this.note(`${sigma}σ`, this.x(side), this.y(-side), prior, paper);
    }
  }

  sigmaLines({ prior, paper }) {
    const { ctx } = this;
    for (const sigma of [-3, -2, -1, 1, 2, 3]) {
      Object.assign(ctx, { strokeStyle: prior, lineWidth: 1.5 });
      ctx.setLineDash([1.5, 4]);
      this.line(this.x(sigma), this.margin.top, this.x(sigma), this.margin.top + this.h);
      ctx.setLineDash([]);
      if (this.hasNote(sigma)) this.note(`${signed(sigma, 0)}σ`, this.x(sigma), this.margin.top + 9, prior, paper);
    }
  }

  // Where notes would overlap, only the outermost one is shown.
  hasNote(sigma) { return this.unit >= NOTE_DISTANCE || (Math.abs(sigma) === 3 && 3 * this.unit >= NOTE_DISTANCE); }

  note(text, x, y, colour, paper) {
    const { ctx } = this;
    Object.assign(ctx, { textAlign: "center", textBaseline: "middle", lineWidth: 4, lineJoin: "round" });
    ctx.strokeStyle = paper;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(text, x, y);
  }

  // A path through the two axes, in the ink's colour on the paper's; its end is a dot.
  path(places, { ink, paper }) {
    if (!places?.length) return;
    const { ctx } = this, [x, y] = places.at(-1);
    ctx.beginPath();
    places.forEach(([across, up], i) => ctx[i ? "lineTo" : "moveTo"](this.x(across), this.y(up)));
    for (const [strokeStyle, lineWidth] of [[paper, 5], [ink, 2]]) {
      Object.assign(ctx, { strokeStyle, lineWidth, lineJoin: "round", lineCap: "round" });
      ctx.stroke();
    }
    ctx.beginPath();
    ctx.arc(this.x(x), this.y(y), 4, 0, 2 * Math.PI);
    ctx.fillStyle = ink;
    ctx.fill();
  }

  // One sprite per class is drawn once and copied, so that thousands of means take a millisecond or two.
  points({ header, arrays }, axes, colours, shownClass) {
    const { ctx } = this, { means, labels } = arrays, d = header.latent, count = means.length / d;
    const radius = count > 600 ? 3 : 3.8, rows = header.names.length;
    const sprites = this.sprites(colours, header, radius);
    const half = sprites[0].width / this.ratio / 2;
    for (let i = 0; i < count; i++) {
      const k = labels.length ? labels[i] : 0;
      const x = this.x(means[i * d + axes[0]]);
      const y = d > 1 ? this.y(means[i * d + axes[1]]) : this.margin.top + 22 + ((k + 0.5) * (this.h - 30)) / rows;
      ctx.globalAlpha = shownClass < 0 || shownClass === k ? 0.82 : 0.1;
      ctx.drawImage(sprites[k % sprites.length], x - half, y - half, 2 * half, 2 * half);
    }
    ctx.globalAlpha = 1;
  }

  // Rings in ink on a halo of the paper's colour.
  marks({ header, arrays: { marks = [] } }, axes, { ink, paper }) {
    const { ctx } = this, d = header.latent;
    for (let i = 0; i < marks.length; i += d) {
      ctx.beginPath();
      ctx.arc(this.x(marks[i + axes[0]]), d > 1 ? this.y(marks[i + axes[1]]) : this.margin.top + 12, 5, 0, 2 * Math.PI);
      for (const [strokeStyle, lineWidth] of [[paper, 4], [ink, 1.8]]) {
        Object.assign(ctx, { strokeStyle, lineWidth });
        ctx.stroke();
      }
    }
  }

  // As many sprites as there are pairs of colour and marker; drawn again only when theme or size change.
  sprites(colours, header, radius) {
    const key = String([colours.paper, colours.classes, header.markers, radius, this.ratio]);
    if (key !== this.spritesKey) {
      const kinds = Math.max(colours.classes.length, header.markers.length);
      this.spriteList = Array.from({ length: kinds }, (_, k) => this.sprite(colours, header, k, radius));
      this.spritesKey = key;
    }
    return this.spriteList;
  }

  sprite(colours, header, k, radius) {
    const sprite = document.createElement("canvas"), side = Math.ceil(2 * (1.5 * radius + 1) * this.ratio);
    sprite.width = sprite.height = side;
    const ctx = sprite.getContext("2d"), scale = radius * this.ratio;
    ctx.translate(side / 2, side / 2);
    ctx.scale(scale, scale);
    const path = new Path2D(MARKERS[header.markers[k % header.markers.length]]);
    ctx.strokeStyle = colours.paper;
    ctx.lineWidth = 1.1 / radius;
    ctx.stroke(path);
    ctx.fillStyle = colours.classes[k % colours.classes.length];
    ctx.fill(path);
    return sprite;
  }

  labels({ ink, font }, axes) {
    const { ctx } = this, floor = this.margin.top + this.h;
    ctx.fillStyle = withAlpha(ink, 0.78);
    const { texts, power } = this.tickTexts(), every = this.textEvery(texts), middle = (texts.length - 1) / 2;
    this.ticks().forEach((tick, i) => {
      const text = texts[i];
      Object.assign(ctx, { textAlign: "center", textBaseline: "top" });
      if ((i - middle) % every === 0) {
        ctx.fillText(text, Math.min(this.x(tick), this.width - ctx.measureText(text).width / 2), floor + 6);
      }
      Object.assign(ctx, { textAlign: "right", textBaseline: "middle" });
      if (axes.length > 1) ctx.fillText(text, this.margin.left - 7, this.y(tick));
    });
    Object.assign(ctx, { textAlign: "left", textBaseline: "top" });
    if (power) ctx.fillText(`× ${powerOfTen(power)}`, this.margin.left + 5, this.margin.top + 5);
    ctx.font = `italic ${this.textSize + 3}px ${font}`;
    ctx.fillStyle = ink;
    Object.assign(ctx, { textAlign: "center", textBaseline: "alphabetic" });
    ctx.fillText(zName(axes[0]), this.margin.left + this.w / 2, this.height - 8);
    if (axes.length > 1) ctx.fillText(zName(axes[1]), 12, this.margin.top + this.h / 2 + 4);
  }
}
