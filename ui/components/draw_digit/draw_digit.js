// draw_digit.js: drawing on the sheet with pointer or keyboard, Undo and Clear, and one commit at the end of each stroke.
// With a model, its answer is painted with every move, without a message.

const STEP = 0.02, BIG_STEP = 0.1; // of the side, per key press
const MARKUP = `
<div class="paper">
<div class="sheet" tabindex="0" role="application" aria-roledescription="drawing sheet" aria-describedby="how"
  aria-label="Sheet for one digit, empty">
  <canvas aria-hidden="true"></canvas><i class="brush" hidden></i><span class="hint" aria-hidden="true">Write one digit</span>
</div>
<div class="foot">
  <button type="button" class="undo">Undo</button><button type="button" class="clear">Clear</button>
</div>
<p id="how" class="how">Mouse or finger writes. With the keyboard: arrows move the brush (with Shift further), Space puts
it down and lifts it.</p>
<div class="live-region" role="status" aria-live="polite"></div>
</div>
`;

// Strokes by component key, for the lifetime of the document: a sheet that is removed and added again shows them. A new
// document, and a sheet that Python replaced (another version), begin with those that Python has kept.
const STROKES = (globalThis[Symbol.for("dgm.draw-digit")] ??= new Map());
const clamp = (value) => Math.min(1, Math.max(0, value));

class Drawing {
  constructor(root) {
    this.root = root;
    this.edits = new Edits();
    root.innerHTML = MARKUP;
    this.at = (selector) => root.querySelector(selector);
    this.area = this.at(".sheet");
    this.canvas = this.at("canvas");
    this.brush = [0.5, 0.3];
    this.pointer = null;  // id of the pointer that draws
    this.down = false;    // whether the keyboard's brush draws
    this.at(".foot").append(make("div", { class: "dgm-tools" }, new SaveMenu("this drawing", () => this.entries()).element));
    this.fullScreen = new FullScreen(root, () => this.paint());
    this.resizeObserver = new ResizeObserver(() => this.paint());
    this.listen();
  }

  receive({ data, setStateValue }) {
    const scene = data instanceof Uint8Array ? unpack(data) : null;
    const { key, base, side, strokes, saved } = scene?.header ?? data;
    this.edits.receive(key, base, setStateValue);
    Object.assign(this, { side, saved });
    if (STROKES.get(key)?.version !== base.version) {
      STROKES.set(key, { version: base.version, strokes: strokes.map(fromUnits) });
      this.sheet = null;
    }
    this.sheet ??= new Sheet(STROKES.get(key).strokes);
    if (scene) this.receiveModel(scene);
    this.paint();
  }

  receiveModel(scene) {
    this.root.classList.add("with-answer");
    this.answer ??= new Answer(this.root);
    this.answer.receive(scene);
    // For tests and benchmarks.
    this.root.encode = (x) => { const { mean, deviation } = this.answer.encoder.run(x); return [[...mean], deviation]; };
    this.root.framed = (ink, side) => [...framed(ink, side, scene.header.image, scene.header)];
  }

  /** The files of the drawing: its picture, and the grey values that Python receives; of an empty sheet a sentence. */
  entries() {
    if (!this.sheet.strokes.length) return "Nothing is drawn yet.";
    const ink = getComputedStyle(this.area).color, paper = themeValue(this.root, "background-color", "#ffffff");
    const parts = () => ({ parts: [canvasPart(this.canvas)], sentence: "", colours: { ink, paper } });
    const grey = () => this.sheet.ink(this.side);
    return { ...pictureEntries(this.saved, parts),
             "Grey values (CSV)": () => givenTable(this.saved.name, pixelRows({ ink: grey() }, [this.side, this.side])) };
  }

  listen() {
    const { area } = this;
    area.addEventListener("pointerdown", (event) => this.pointerDown(event));
    area.addEventListener("pointermove", (event) => event.pointerId === this.pointer && this.pointerMove(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      area.addEventListener(end, (event) => event.pointerId === this.pointer && this.pointerUp());
    }
    area.addEventListener("keydown", (event) => this.keyDown(event));
    area.addEventListener("focus", () => { this.paint(); });
    area.addEventListener("blur", () => { if (this.down) this.brushUp(); this.paint(); });
    this.at(".undo").addEventListener("click", () => this.undo());
    this.at(".clear").addEventListener("click", () => this.clear());
    this.resizeObserver.observe(area);
  }

  dispose() {
    this.resizeObserver.disconnect();
    this.answer?.dispose();
    this.fullScreen.dispose();
    this.edits.dispose();
    this.root.remove();
  }

  // Pointer

  /** Position of an event in shares of the sheet's sides. */
  position(event) {
    const box = this.canvas.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  pointerDown(event) {
    if (event.button !== 0 || this.pointer !== null) return;
    if (this.down) this.brushUp();
    this.pointer = event.pointerId;
    this.byKey = false;
    this.area.setPointerCapture(event.pointerId);
    this.sheet.begin(this.position(event));
    this.paint();
  }

  pointerMove(event) {
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) this.sheet.extend(this.position(move));
    this.paint();
  }

  pointerUp() {
    this.pointer = null;
    this.commit("Written.");
  }

  // Keyboard

  keyDown(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      return this.undo();
    }
    const direction = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (!direction && event.key !== " ")) return;
    event.preventDefault();
    this.byKey = true;
    if (direction) this.move(direction, event.shiftKey ? BIG_STEP : STEP);
    else if (!event.repeat) this.down ? this.brushUp() : this.brushDown();
    this.paint();
  }

  move([right, down], step) {
    const [x, y] = this.brush;
    this.brush = [clamp(x + right * step), clamp(y + down * step)];
    if (this.down) this.sheet.extend(this.brush);
    else this.announce(`Brush at ${Math.round(100 * this.brush[0])}% across, ${Math.round(100 * this.brush[1])}% down.`);
  }

  brushDown() {
    this.down = true;
    this.sheet.begin([...this.brush]);
    this.announce("Brush down.");
  }

  brushUp() {
    this.down = false;
    this.commit("Brush up.");
  }

  // Pointer and keyboard

  undo() {
    this.down = false;
    this.sheet.undo();
    this.commit("Last stroke taken back.");
  }

  clear() {
    this.down = false;
    this.sheet.clear();
    this.commit("Sheet cleared.");
  }

  /** The only message to Python. */
  commit(text) {
    this.announce(text);
    this.paint();
    this.edits.commit({ image: this.sheet.grey(this.side), strokes: this.sheet.strokes.map(toUnits) });
  }

  announce(text) { this.at(".live-region").textContent = text; }

  paint() {
    if (!this.sheet || !this.area.clientWidth) return;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio), count = this.sheet.strokes.length;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const ctx = this.canvas.getContext("2d");
    ctx.clearRect(0, 0, side, side);
    this.sheet.draw(ctx, side, getComputedStyle(this.area).color);
    const content = count ? `${count} stroke${count === 1 ? "" : "s"}` : "empty";
    this.area.setAttribute("aria-label", `Sheet for one digit, ${content}`);
    this.area.dataset.strokes = String(count);
    this.at(".hint").hidden = count > 0;
    this.at(".undo").disabled = this.at(".clear").disabled = count === 0;
    this.paintBrush();
    if (this.answer) this.paintAnswer();
  }

  paintAnswer() {
    this.answer.show(this.sheet.ink(this.side), this.side);
    this.root.dataset.answers = String(Number(this.root.dataset.answers ?? 0) + 1);
    this.root.dataset.q = this.answer.q ? JSON.stringify([[...this.answer.q.mean], this.answer.q.deviation]) : "";
    this.root.dataset.milliseconds = this.answer.milliseconds.toFixed(2);
  }

  paintBrush() {
    const brush = this.at(".brush"), focused = this.root.getRootNode().activeElement === this.area;
    brush.hidden = !focused || !(this.byKey || this.area.matches(":focus-visible"));
    brush.classList.toggle("down", this.down);
    brush.style.left = `${100 * this.brush[0]}%`;
    brush.style.top = `${100 * this.brush[1]}%`;
  }
}

const drawings = new WeakMap();

// Called at every change of data or theme: the instance and its listeners are made once. What it returns is called when the
// sheet is removed.
export default function (component) {
  const parent = component.parentElement;
  if (!drawings.has(parent)) {
    const root = make("div", { class: "draw-digit" });
    parent.append(root);
    drawings.set(parent, new Drawing(root));
  }
  const drawing = drawings.get(parent);
  drawing.receive(component);
  return () => { drawing.dispose(); drawings.delete(parent); };
}
