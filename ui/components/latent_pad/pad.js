// pad.js: moving z, updating the page, and one commit when pointer or key is released.

const STEP = 0.1, SHIFT_FACTOR = 5; // of z, per key press, on axes from -4 to 4; ten times as much from 40 on
const ANNOUNCE_DELAY = 350; // ms without a move before z is announced to screen readers
const TRAIL_SPACING = 200, MOST_TRAIL = 400; // of a recorded path: points in half the axis, points in all
const KEY_COMMIT_DELAY = 250; // ms after the last key before z is committed
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
    this.shownClass = -1; // the class that is highlighted, -1 for all
    this.paints = this.decoded = 0;
    this.dragging = false;
    this.mapStale = true; // the map has to be painted again
    this.saveMenu = new SavePad(this);
    this.fullScreen = new FullScreen(root, () => { this.mapStale = true; this.request(); });
    this.listeners = new AbortController();   // of the window; the others go with their elements
    this.resizeObserver = new ResizeObserver(() => { this.mapStale = true; this.request(); });
    this.listen();
    // For tests and benchmarks.
    root.decodeAt = (z) => {
      const pixels = this.decoder.run(z).slice();
      this.decoder.run(this.z);
      return pixels;
    };
  }

  // --- messages of Python ------------------------------------------------------------------------

  receive({ data, setStateValue }) {
    const scene = unpack(data), { header } = scene, resized = this.scene?.header.latent !== header.latent;
    const unchanged = this.edits.receive(header.key, header.base, setStateValue);
    this.scene = scene;
    this.decoder = new Decoder(scene);
    this.sampled = new Float32Array(this.decoder.pixels.length);
    if (resized) this.axes = header.axes;
    if (resized || (!unchanged && !this.dragging)) this.z = Float64Array.from(this.pythonZ);
    if (!this.dragging) this.span = header.span; // axes that change during a drag would move the point
    this.updateScene(resized);
    this.decode();
  }

  /** The z of Python's message, or of a later commit. */
  get pythonZ() {
    const { z } = this.edits.overlay, { header } = this.scene;
    return z?.length === header.latent ? z : header.z;
  }

  /** The change of z by a key. */
  get step() { return STEP * powerBelow(this.span / 4); }

  // Colours, classes, pictures and sliders of the scene.
  updateScene(resized) {
    const { header, arrays } = this.scene, colours = (this.colours = coloursOf(this.root, header.themes));
    for (const name of ["prior", "gap", "reconstruction"]) this.root.style.setProperty(`--${name}`, colours[name]);
    this.root.style.setProperty("--max-side", `${header.height}px`);
    this.root.classList.toggle("dark", colours.dark);
    this.root.classList.toggle("flat", header.latent === 1);
    this.updatePicture("decoded", header);
    this.updatePicture("target", header);
    this.readings.receive(this.scene);
    this.at(".random").hidden = !arrays.draws.length;
    if (arrays.target.length) this.pictures.target.paint(arrays.target);
    this.showCaption();
    this.showClasses();
    this.showDimensions(resized);
    this.mapStale = true;
  }

  showCaption() {
    setText(this.at(".decoded figcaption"), this.scene.arrays.noise.length ? "A sample of pixels at z" : "Decoder's mean at z");
  }

  updatePicture(name, { image }) {
    this.pictures ??= {};
    const { image: current } = this.pictures[name] ?? {};
    if (current?.height !== image[0] || current?.width !== image[1]) {
      this.pictures[name] = new Picture(this.at(`.${name} canvas`), image);
    }
    this.pictures[name].setColours(this.colours);
  }

  showClasses() {
    classLegend(this, () => {
      this.mapStale = true;
      this.request();
    });
  }

  showDimensions(resized) {
    const { latent } = this.scene.header, [across, up] = this.axes;
    this.at(".choice").hidden = latent < 3;
    const key = String([latent, across, up, this.span]);
    if (key === this.dimensionsKey) return;
    this.dimensionsKey = key;
    options(this.at(".across"), latent, across);
    options(this.at(".up"), latent, up);
    const others = [...Array(latent).keys()].filter((i) => i !== across && (latent === 1 || i !== up));
    sliders(this.at(".sliders"), others, this.span);
    const axes = latent === 1 ? zName(0) : `${zName(across)} across and ${zName(up)} up`;
    this.map.setAttribute("aria-label", `Latent space, ${axes}. Arrow keys move z by ${this.step}, `
      + `with Shift by ${SHIFT_FACTOR * this.step}; Home goes to the origin. The picture follows.`);
  }

  // --- input of the visitor ----------------------------------------------------------------------

  listen() {
    const { map } = this;
    map.addEventListener("pointerdown", (event) => this.pointerDown(event));
    // Raw moves are dispatched at once, others with the next frame; the picture is painted in the listener.
    const moves = "onpointerrawupdate" in map ? "pointerrawupdate" : "pointermove";
    map.addEventListener(moves, (event) => this.dragging && this.pointerMove(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) map.addEventListener(end, () => this.pointerUp());
    map.addEventListener("keydown", (event) => this.keyDown(event));
    map.addEventListener("keyup", () => this.moved && this.commitAfter(KEY_COMMIT_DELAY));
    map.addEventListener("blur", () => this.moved && !this.dragging && this.commit());
    this.at(".home").addEventListener("click", () => { this.goToOrigin(); this.commit(); });
    this.at(".random").addEventListener("click", () => { this.goToDraw(); this.commit(); });
    const box = this.at(".sliders");
    box.addEventListener("pointerdown", () => { this.dragging = this.sliderByPointer = true; });
    box.addEventListener("keydown", () => { this.sliderByPointer = false; });
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => this.endDrag(), { signal: this.listeners.signal });
    box.addEventListener("input", ({ target: { dataset, valueAsNumber }, timeStamp }) =>
      this.go({ [dataset.dimension]: valueAsNumber }, timeStamp));
    box.addEventListener("change", () => this.commitAfter(this.sliderByPointer ? 0 : KEY_COMMIT_DELAY));
    for (const name of ["across", "up"]) this.at(`.${name}`).addEventListener("change", () => this.chooseAxis(name));
    this.resizeObserver.observe(map);
  }

  dispose() {
    this.listeners.abort();
    this.resizeObserver.disconnect();
    this.fullScreen.dispose();
    this.edits.dispose();
    cancelAnimationFrame(this.frameRequest);
    for (const timer of [this.commitTimer, this.announceTimer]) clearTimeout(timer);
    this.root.remove();
  }

  pointerDown(event) {
    if (event.button !== 0 || this.dragging) return;
    this.dragging = true;
    this.trail = this.scene.header.record ? [] : null;
    this.map.setPointerCapture(event.pointerId);
    this.root.classList.add("dragging");
    this.pointerMove(event);
  }

  pointerMove(event) {
    const box = this.map.getBoundingClientRect(), [across, up] = this.axes;
    const to = { [across]: this.chart.valueX(event.clientX - box.left) };
    if (this.z.length > 1) to[up] = this.chart.valueY(event.clientY - box.top);
    this.go(to, event.timeStamp);
  }

  pointerUp() {
    if (!this.dragging) return;
    this.endDrag();
    this.commit();
  }

  // Apply the changes that were deferred during the drag.
  endDrag() {
    if (!this.dragging) return;
    this.dragging = false;
    this.root.classList.remove("dragging");
    if (this.span !== this.scene.header.span) {
      this.span = this.scene.header.span;
      this.showDimensions(false);
      this.mapStale = true;
      this.request();
    }
  }

  keyDown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const arrow = ARROWS[event.key];
    if (!arrow && event.key !== "Home") return;
    event.preventDefault();
    clearTimeout(this.commitTimer);
    if (!arrow) return this.goToOrigin(event.timeStamp);
    const [right, down] = arrow, i = this.axes[right || this.z.length === 1 ? 0 : 1];
    this.go({ [i]: this.z[i] + (right || -down) * (event.shiftKey ? SHIFT_FACTOR : 1) * this.step }, event.timeStamp);
  }

  goToOrigin(timeStamp) {
    this.go(Object.fromEntries([...this.z.keys()].map((i) => [i, 0])), timeStamp);
  }

  // The draw from the prior after the one where the point is; after another place, the next in turn.
  goToDraw() {
    const { draws } = this.scene.arrays, rows = draws.length / this.z.length, row = (k) => draws.slice(k * this.z.length, (k + 1) * this.z.length);
    const here = [...Array(rows).keys()].find((k) => row(k).every((value, i) => round(value) === this.z[i]));
    this.turn = ((here ?? this.turn ?? -1) + 1) % rows;
    this.go(row(this.turn));
  }

  // Choose the dimension of an axis; the other axis takes the old one where both would be the same.
  chooseAxis(name) {
    const slot = name === "across" ? 0 : 1, chosen = Number(this.at(`.${name}`).value);
    const before = this.axes[slot];
    this.axes = this.axes.map((axis, i) => (i === slot ? chosen : axis === chosen ? before : axis));
    this.showDimensions(false);
    this.mapStale = true;
    this.request();
  }

  go(changes, timeStamp = performance.now()) {
    const limit = Math.min(this.span, this.scene.header.limit);
    for (const [i, value] of Object.entries(changes)) this.z[i] = round(Math.min(limit, Math.max(-limit, value)));
    this.moved = true;
    if (this.dragging && this.trail) this.extendTrail();
    this.decode();
    this.paintPicture();
    this.lag = performance.now() - timeStamp;
  }

  // The path of a drag that is recorded, on the two axes.
  extendTrail() {
    const [across, up] = this.axes, place = [this.z[across], this.z[up]], last = this.trail.at(-1);
    const near = last && Math.hypot(place[0] - last[0], place[1] - last[1]) < this.span / TRAIL_SPACING;
    if (near || this.trail.length >= MOST_TRAIL) return;
    this.trail.push(place);
    this.mapStale = true;
  }

  commitAfter(delay) {
    clearTimeout(this.commitTimer);
    this.commitTimer = setTimeout(() => this.commit(), delay);
  }

  // The only message to Python.
  commit() {
    clearTimeout(this.commitTimer);
    this.moved = false;
    const trail = this.trail?.length > 1 ? this.trail : null; // null: none, also where an earlier commit had one
    this.trail = null;
    if (trail || String([...this.z]) !== String(this.pythonZ)) this.edits.commit({ z: [...this.z], points: trail });
    this.request();
  }

  // --- output ------------------------------------------------------------------------------------

  decode() {
    const start = performance.now();
    this.decoder.run(this.z);
    this.decodeMs = performance.now() - start;
    this.pictureStale = true;
    this.request();
  }

  request() {
    this.frameRequest ||= requestAnimationFrame(() => { this.frameRequest = 0; this.paint(); });
  }

  paint() {
    if (!this.map.clientWidth) return;
    if (this.mapStale) this.paintMap();
    if (this.pictureStale) this.paintPicture();
    this.paintPoint();
    this.readings.show(this.z, this.decoder);
    clearTimeout(this.announceTimer);
    this.announceTimer = setTimeout(() => this.readings.announce(this.z), ANNOUNCE_DELAY);
    this.report();
  }

  paintMap() {
    this.chart.layout(this.map.clientWidth, this.map.clientHeight, this.span, figureScale() > 1 || this.fullScreen.filled);
    for (const side of ["left", "bottom"]) this.map.style.setProperty(`--${side}`, `${this.chart.margin[side]}px`);
    this.chart.paint(this.scene, this.axes, this.colours, this.shownClass);
    this.chart.path(this.trail?.length ? this.trail : this.scene.header.path, this.colours);
    this.mapStale = false;
  }

  paintPicture() {
    const { decoder } = this, { noise } = this.scene.arrays, deviation = Math.sqrt(this.scene.header.variance ?? 0);
    this.pictures.decoded.paint(noise.length ? samplePixels(decoder, noise, deviation, this.sampled) : decoder.pixels);
    this.pictureStale = false;
    this.decoded += 1;
  }

  paintPoint() {
    const { chart, z } = this, { header } = this.scene, x = chart.x(z[this.axes[0]]);
    const y = z.length > 1 ? chart.y(z[this.axes[1]]) : chart.margin.top + chart.h;
    this.at(".column").style.transform = `translateX(${x}px)`;
    this.at(".row").style.transform = `translateY(${y}px)`;
    this.at(".knob").style.transform = `translate(${x}px, ${y}px)`;
    const ring = this.at(".ring"), side = z.length === 2 && header.near ? 2 * header.near * chart.unit : 0;
    ring.style.width = ring.style.height = `${side}px`;
    ring.style.transform = `translate(${x - side / 2}px, ${y - side / 2}px)`;
    for (const input of this.at(".sliders").querySelectorAll("input")) {
      const value = z[input.dataset.dimension];
      if (input.valueAsNumber !== value) input.value = value;
      setText(input.nextElementSibling, signed(value, 2));
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

// Called at every change of data or theme: the instance and its listeners are made once. What it returns is called when the
// pad is removed.
export default function (component) {
  const parent = component.parentElement;
  if (!pads.has(parent)) {
    const root = make("div", { class: "latent-pad" });
    parent.append(root);
    pads.set(parent, new Pad(root));
  }
  const pad = pads.get(parent);
  pad.receive(component);
  return () => { pad.dispose(); pads.delete(parent); };
}
