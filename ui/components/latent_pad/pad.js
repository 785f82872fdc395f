// pad.js: how z is moved, what follows it on the page, and the one commit when pointer or key is released.

const STEP = 0.1, BIG = 5; // of z, per key press on axes from -4 to 4, ten times as much from 40 on; BIG steps with Shift
const REST = 350; // ms without a move before the place is announced
const KEY_REST = 250; // ms after the last key before z is committed
const round = (value) => Math.round(value * 1000) / 1000 + 0;

class Pad {
  constructor(root) {
    this.root = root;
    this.edits = new Edits();
    root.innerHTML = MARKUP;
    this.at = (selector) => root.querySelector(selector);
    this.map = this.at(".map");
    this.chart = new Chart(this.at(".back"));
    this.readings = new Readings(root);
    this.only = -1; // the class shown alone
    this.paints = this.decoded = 0;
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
    const scene = unpack(data), { header } = scene, resized = this.scene?.header.latent !== header.latent;
    const holds = this.edits.receive(header.key, header.base, setStateValue);
    this.scene = scene;
    this.decoder = new Decoder(scene);
    this.drawn = new Float32Array(this.decoder.pixels.length);
    if (resized) this.axes = header.axes;
    if (resized || (!holds && !this.dragging)) this.z = Float64Array.from(this.committed);
    if (!this.dragging) this.span = header.span; // axes that change during a drag would move the point
    this.dress(resized);
    this.decode();
  }

  /** The page's z, or what it will be once the last commit has arrived. */
  get committed() {
    const { z } = this.edits.top, { header } = this.scene;
    return z?.length === header.latent ? z : header.z;
  }

  /** How far a key moves z. */
  get step() { return STEP * powerBelow(this.span / 4); }

  // Theme, classes, pictures and sliders of this scene.
  dress(resized) {
    const { header, arrays } = this.scene, look = (this.look = lookOf(this.root, header.themes));
    for (const name of ["prior", "gap", "reconstruction"]) this.root.style.setProperty(`--${name}`, look[name]);
    this.root.style.setProperty("--tall", `${header.height}px`);
    this.root.classList.toggle("flat", header.latent === 1);
    this.frame("decoded", header);
    this.frame("target", header);
    this.readings.receive(this.scene);
    if (arrays.target.length) this.pictures.target.paint(arrays.target);
    this.caption();
    this.showClasses();
    this.showDimensions(resized);
    this.stale = true;
  }

  caption() {
    write(this.at(".decoded figcaption"), this.scene.arrays.noise.length ? "A sample of pixels at z" : "Decoder's mean at z");
  }

  frame(name, { image }) {
    this.pictures ??= {};
    const { image: now } = this.pictures[name] ?? {};
    if (now?.height !== image[0] || now?.width !== image[1]) this.pictures[name] = new Picture(this.at(`.${name} canvas`), image);
    this.pictures[name].setColours(this.look);
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
    this.map.setAttribute("aria-label", `Latent space, ${axes}. Arrow keys move z by ${this.step}, `
      + `with Shift by ${BIG * this.step}; Home goes to the origin. The picture follows.`);
  }

  // --- what the visitor does ------------------------------------------------------------------------

  listen() {
    const { map } = this;
    map.addEventListener("pointerdown", (event) => this.start(event));
    // Raw moves come at once, others wait for the next frame; the picture is painted when the move comes.
    const moves = "onpointerrawupdate" in map ? "pointerrawupdate" : "pointermove";
    map.addEventListener(moves, (event) => this.dragging && this.follow(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) map.addEventListener(end, () => this.release());
    map.addEventListener("keydown", (event) => this.press(event));
    map.addEventListener("keyup", () => this.moved && this.settle(KEY_REST));
    map.addEventListener("blur", () => this.moved && !this.dragging && this.commit());
    this.at(".home").addEventListener("click", () => { this.home(); this.commit(); });
    const box = this.at(".sliders");
    box.addEventListener("pointerdown", () => { this.dragging = this.slid = true; });
    box.addEventListener("keydown", () => { this.slid = false; });
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => this.free());
    box.addEventListener("input", ({ target, timeStamp }) => this.go({ [target.dataset.dimension]: target.valueAsNumber }, timeStamp));
    box.addEventListener("change", () => this.settle(this.slid ? 0 : KEY_REST));
    for (const name of ["across", "up"]) this.at(`.${name}`).addEventListener("change", () => this.chooseAxis(name));
    new ResizeObserver(() => { this.stale = true; this.request(); }).observe(map);
  }

  start(event) {
    if (event.button !== 0 || this.dragging) return;
    this.dragging = true;
    this.map.setPointerCapture(event.pointerId);
    this.root.classList.add("dragging");
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

  // What must not change during a drag may change now.
  free() {
    if (!this.dragging) return;
    this.dragging = false;
    this.root.classList.remove("dragging");
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
    clearTimeout(this.settling);
    if (!arrow) return this.home(event.timeStamp);
    const [right, down] = arrow, i = this.axes[right || this.z.length === 1 ? 0 : 1];
    this.go({ [i]: this.z[i] + (right || -down) * (event.shiftKey ? BIG : 1) * this.step }, event.timeStamp);
  }

  home(timeStamp) {
    this.go(Object.fromEntries([...this.z.keys()].map((i) => [i, 0])), timeStamp);
  }

  // Another dimension for an axis; the one that was there changes places with it.
  chooseAxis(name) {
    const slot = name === "across" ? 0 : 1, chosen = Number(this.at(`.${name}`).value);
    const before = this.axes[slot];
    this.axes = this.axes.map((axis, i) => (i === slot ? chosen : axis === chosen ? before : axis));
    this.showDimensions(false);
    this.stale = true;
    this.request();
  }

  go(changes, timeStamp = performance.now()) {
    const reach = Math.min(this.span, this.scene.header.limit);
    for (const [i, value] of Object.entries(changes)) this.z[i] = round(Math.min(reach, Math.max(-reach, value)));
    this.moved = true;
    this.decode();
    this.paintPicture();
    this.lag = performance.now() - timeStamp;
  }

  settle(delay) {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.commit(), delay);
  }

  // The only message to Python.
  commit() {
    clearTimeout(this.settling);
    this.moved = false;
    if (String([...this.z]) !== String(this.committed)) this.edits.commit({ z: [...this.z] });
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

  request() {
    this.next ||= requestAnimationFrame(() => { this.next = 0; this.paint(); });
  }

  paint() {
    if (!this.map.clientWidth) return;
    if (this.stale) this.paintMap();
    if (this.undrawn) this.paintPicture();
    this.paintPoint();
    this.readings.show(this.z, this.decoder);
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.readings.announce(this.z), REST);
    this.report();
  }

  paintMap() {
    this.chart.layout(this.map.clientWidth, this.map.clientHeight, this.span);
    this.chart.paint(this.scene, this.axes, this.look, this.only);
    this.stale = false;
  }

  paintPicture() {
    const { decoder } = this, { noise } = this.scene.arrays, deviation = Math.sqrt(this.scene.header.variance ?? 0);
    this.pictures.decoded.paint(noise.length ? draw(decoder, noise, deviation, this.drawn) : decoder.pixels);
    this.undrawn = false;
    this.decoded += 1;
  }

  paintPoint() {
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
    const detail = { z: [...this.z], paints: this.paints, pictures: this.decoded, decodeMs: this.decodeMs, lag: this.lag };
    this.root.dispatchEvent(new CustomEvent("pad:painted", { detail, bubbles: true, composed: true }));
  }
}

const pads = new WeakMap();

// Runs at every change of data or theme: the instance and its listeners are made once.
export default function (component) {
  const parent = component.parentElement;
  if (!pads.has(parent)) {
    const root = make("div", { class: "latent-pad" });
    parent.append(root);
    pads.set(parent, new Pad(root));
  }
  pads.get(parent).receive(component);
}
