// The hand: what it moves, what is seen under it, and the one commit when it lets go.

const STEP = 0.1, BIG_STEP = 0.5; // of z, per key press
const REST = 350; // ms without a move before the place is spoken
const LET_GO = 250; // ms after the last key before it counts as let go
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
const round = (value) => Math.round(value * 1000) / 1000 + 0;

// Where the hand of each key was when its element was last taken down: a page that comes back finds it.
const memory = (globalThis[Symbol.for("dgm.latent-pad")] ??= new Map());

// What picture.js was told: pixels of noise for a draw, none for the mean.
const NOISES = (globalThis[Symbol.for("dgm.latent-pad.noise")] ??= new Map());
const NONE = new Float32Array();

class Pad {
  constructor(root) {
    this.root = root;
    root.innerHTML = MARKUP;
    this.at = (selector) => root.querySelector(selector);
    this.map = this.at(".map");
    this.chart = new Chart(this.at(".back"));
    this.readings = new Readings(root);
    this.only = -1; // the class shown alone
    this.paints = this.pictures = 0;
    this.dragging = false;
    this.stale = true; // the map must be painted again
    this.listen();
    // Tests and benchmarks look in here.
    root.decodeAt = (z) => {
      const pixels = this.decoder.run(z).slice();
      this.decoder.run(this.z);
      return pixels;
    };
  }

  // --- what Python sends -------------------------------------------------------------------------

  receive({ data, setStateValue }) {
    const fresh = unpack(data), { header } = fresh, resized = this.scene?.header.latent !== header.latent;
    const token = `${header.move}:${header.aim}`;
    this.scene = fresh;
    this.send = setStateValue;
    this.decoder = new Decoder(fresh);
    this.drawn = new Float32Array(this.decoder.pixels.length);
    if (resized) this.axes = header.axes;
    if (resized || (token !== this.token && !this.dragging)) this.place(memory.get(header.key), token);
    this.token = token;
    if (!this.dragging) this.span = header.span; // axes that jump under a hand would throw it
    this.remember();
    this.dress(resized);
    this.decode();
  }

  place(known, token) {
    const { aim } = this.scene.header;
    this.z = Float64Array.from(known?.token === token && known.z.length === aim.length ? known.z : aim);
    this.sent = String([...this.z]);
  }

  remember() {
    memory.set(this.scene.header.key, { token: this.token, z: [...this.z] });
  }

  // Theme, classes, pictures and sliders of this scene.
  dress(resized) {
    const { header, arrays } = this.scene, look = (this.look = lookOf(this.root, header.themes));
    for (const name of ["prior", "gap", "reconstruction"]) this.root.style.setProperty(`--${name}`, look[name]);
    this.root.style.setProperty("--tall", `${header.height}px`);
    this.root.classList.toggle("flat", header.latent === 1);
    this.hang("decoded", header);
    this.hang("target", header);
    this.readings.receive(this.scene);
    if (arrays.target.length) this.plates.target.paint(arrays.target);
    this.caption();
    this.showClasses();
    this.showDimensions(resized);
    this.stale = true;
  }

  /** The noise of a draw of this decoder's pixels; none while its mean is shown. */
  get noise() {
    const noise = NOISES.get(this.scene.header.key) ?? NONE;
    return noise.length === this.decoder.pixels.length ? noise : NONE;
  }

  caption() {
    write(this.at(".decoded figcaption"), this.noise.length ? "A sample of pixels at z" : "Decoder's mean at z");
  }

  hang(name, { image }) {
    this.plates ??= {};
    const plate = this.plates[name], same = plate && plate.image.height === image[0] && plate.image.width === image[1];
    if (!same) this.plates[name] = new Plate(this.at(`.${name} canvas`), image);
    this.plates[name].dye(this.look);
  }

  showClasses() {
    const { header, arrays } = this.scene, shown = [...new Set(arrays.labels)].sort((a, b) => a - b);
    if (!shown.includes(this.only)) this.only = -1;
    const signature = JSON.stringify([shown, this.only, header.names, this.look.classes]);
    if (signature === this.classesAre) return;
    this.classesAre = signature;
    legend(this.at(".legend"), header, this.look, shown, this.only, (k) => {
      const focus = shown.indexOf(k);
      this.only = this.only === k ? -1 : k;
      this.showClasses();
      this.at(".legend").children[focus].focus();
      this.stale = true;
      this.request();
    });
  }

  showDimensions(resized) {
    const { latent } = this.scene.header, [across, up] = this.axes;
    this.at(".choice").hidden = latent < 3;
    const signature = String([latent, across, up, this.span]);
    if (signature === this.dimensionsAre) return;
    this.dimensionsAre = signature;
    options(this.at(".across"), latent, across);
    options(this.at(".up"), latent, up);
    const others = [...Array(latent).keys()].filter((i) => i !== across && (latent === 1 || i !== up));
    sliders(this.at(".sliders"), others, this.span);
    const axes = latent === 1 ? zName(0) : `${zName(across)} across and ${zName(up)} up`;
    this.map.setAttribute("aria-label", `Latent space, ${axes}. Arrow keys move z by ${STEP}, `
      + `with Shift by ${BIG_STEP}; Home goes to the origin. The picture follows.`);
  }

  // --- what the hand does ------------------------------------------------------------------------

  listen() {
    const { map } = this;
    map.addEventListener("pointerdown", (event) => this.grab(event));
    // Raw moves come at once, others wait for the next frame; the picture is painted when the move comes.
    const moves = "onpointerrawupdate" in map ? "pointerrawupdate" : "pointermove";
    map.addEventListener(moves, (event) => this.dragging && this.follow(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) map.addEventListener(end, () => this.release());
    map.addEventListener("keydown", (event) => this.press(event));
    map.addEventListener("keyup", () => this.moved && this.settle(LET_GO));
    map.addEventListener("blur", () => this.moved && !this.dragging && this.commit());
    this.at(".home").addEventListener("click", () => { this.home(); this.commit(); });
    const box = this.at(".sliders");
    box.addEventListener("pointerdown", () => { this.dragging = this.slid = true; });
    box.addEventListener("keydown", () => { this.slid = false; });
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => this.free());
    box.addEventListener("input", ({ target, timeStamp }) => this.go({ [target.dataset.dimension]: target.valueAsNumber }, timeStamp));
    box.addEventListener("change", () => this.settle(this.slid ? 0 : LET_GO));
    for (const name of ["across", "up"]) this.at(`.${name}`).addEventListener("change", () => this.turn(name));
    window.addEventListener("dgm-latent-picture", ({ detail }) => this.scene?.header.key === detail && this.repaint());
    new ResizeObserver(() => { this.stale = true; this.request(); }).observe(map);
  }

  grab(event) {
    if (event.button !== 0 || this.dragging) return;
    this.dragging = true;
    this.map.setPointerCapture(event.pointerId);
    this.root.classList.add("held");
    this.follow(event);
  }

  follow(event) {
    const box = this.map.getBoundingClientRect(), [across, up] = this.axes;
    const to = { [across]: this.chart.valueX(event.clientX - box.left) };
    if (this.z.length > 1) to[up] = this.chart.valueY(event.clientY - box.top);
    this.go(to, event.timeStamp);
  }

  release() {
    if (!this.dragging) return;
    this.free();
    this.commit();
  }

  // Whatever was kept still for the hand may change now.
  free() {
    if (!this.dragging) return;
    this.dragging = false;
    this.root.classList.remove("held");
    if (this.span !== this.scene.header.span) {
      this.span = this.scene.header.span;
      this.showDimensions(false);
      this.stale = true;
      this.request();
    }
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== "Home") return;
    event.preventDefault();
    clearTimeout(this.letGo);
    if (!arrow) return this.home(event.timeStamp);
    const [axis, sign] = arrow, i = this.axes[this.z.length > 1 ? axis : 0];
    this.go({ [i]: this.z[i] + sign * (event.shiftKey ? BIG_STEP : STEP) }, event.timeStamp);
  }

  home(timeStamp) {
    this.go(Object.fromEntries([...this.z.keys()].map((i) => [i, 0])), timeStamp);
  }

  // Another dimension for an axis; the one that was there changes places with it.
  turn(name) {
    const slot = name === "across" ? 0 : 1, chosen = Number(this.at(`.${name}`).value);
    const before = this.axes[slot];
    this.axes = this.axes.map((axis, i) => (i === slot ? chosen : axis === chosen ? before : axis));
    this.showDimensions(false);
    this.stale = true;
    this.request();
  }

  go(changes, timeStamp = performance.now()) {
    for (const [i, value] of Object.entries(changes)) {
      this.z[i] = round(Math.min(this.span, Math.max(-this.span, value)));
    }
    this.moved = true;
    this.decode();
    this.paintPicture();
    this.lag = performance.now() - timeStamp;
  }

  settle(delay) {
    clearTimeout(this.letGo);
    this.letGo = setTimeout(() => this.commit(), delay);
  }

  // The only word to Python.
  commit() {
    clearTimeout(this.letGo);
    this.moved = false;
    this.remember();
    const now = String([...this.z]);
    if (now === this.sent) return this.request();
    this.sent = now;
    this.send("z", { at: [...this.z], move: this.scene.header.move });
    this.request();
  }

  // --- what is seen ------------------------------------------------------------------------------

  decode() {
    const start = performance.now();
    this.decoder.run(this.z);
    this.decodeMs = performance.now() - start;
    this.undrawn = true;
    this.request();
  }

  /** Another picture of the same z. */
  repaint() {
    this.caption();
    this.undrawn = true;
    this.paintPicture();
    this.request();
  }

  request() {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.paint(); });
  }

  paint() {
    if (!this.map.clientWidth) return;
    if (this.stale) this.paintMap();
    if (this.undrawn) this.paintPicture();
    this.paintHand();
    this.readings.show(this.z, this.decoder);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.readings.speak(this.z), REST);
    this.report();
  }

  paintMap() {
    this.chart.layout(this.map.clientWidth, this.map.clientHeight, this.span);
    this.chart.paint(this.scene, this.axes, this.look, this.only);
    this.stale = false;
  }

  paintPicture() {
    const { decoder, noise } = this, deviation = Math.sqrt(this.scene.header.variance ?? 0);
    this.plates.decoded.paint(noise.length ? draw(decoder, noise, deviation, this.drawn) : decoder.pixels);
    this.undrawn = false;
    this.pictures += 1;
  }

  paintHand() {
    const { chart, z } = this, { header } = this.scene, x = chart.x(z[this.axes[0]]);
    const y = z.length > 1 ? chart.y(z[this.axes[1]]) : MARGIN.top + chart.h;
    this.at(".column").style.transform = `translateX(${x}px)`;
    this.at(".row").style.transform = `translateY(${y}px)`;
    this.at(".knob").style.transform = `translate(${x}px, ${y}px)`;
    const ring = this.at(".ring"), side = z.length === 2 && header.near ? 2 * header.near * chart.unit : 0;
    ring.style.width = ring.style.height = `${side}px`;
    ring.style.transform = `translate(${x - side / 2}px, ${y - side / 2}px)`;
    for (const input of this.at(".sliders").querySelectorAll("input")) {
      const value = z[input.dataset.dimension];
      if (input.valueAsNumber !== value) input.value = value;
      write(input.nextElementSibling, signed(value, 2));
    }
  }

  report() {
    this.paints += 1;
    Object.assign(this.root.dataset, { z: [...this.z].join(","), paints: this.paints, decode: this.decodeMs.toFixed(3) });
    const detail = { z: [...this.z], paints: this.paints, pictures: this.pictures, decodeMs: this.decodeMs, lag: this.lag };
    this.root.dispatchEvent(new CustomEvent("pad:painted", { detail, bubbles: true, composed: true }));
  }
}

const pads = new WeakMap();

// Runs at every change of data or theme: the instance and its listeners are made once.
export default function (component) {
  const parent = component.parentElement;
  if (!pads.has(parent)) {
    const root = make("div", { className: "latent-pad" });
    parent.append(root);
    pads.set(parent, new Pad(root));
  }
  pads.get(parent).receive(component);
}
