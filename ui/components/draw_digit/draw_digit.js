// draw_digit.js: pointer or keyboard on the sheet, Undo and Clear, and one commit when the pen is lifted.

const STEP = 0.02, BIG_STEP = 0.1; // of the side, per key press
const MARKUP = `
<div class="sheet" tabindex="0" role="application" aria-roledescription="drawing sheet" aria-describedby="how"
  aria-label="Sheet for one digit, empty">
  <canvas aria-hidden="true"></canvas><i class="brush" hidden></i><span class="hint" aria-hidden="true">Write one digit</span>
</div>
<div class="foot">
  <button type="button" class="undo">Undo</button><button type="button" class="clear">Clear</button>
</div>
<p id="how" class="how">Mouse or finger writes. With the keyboard: arrows move the brush (with Shift further), Space puts
it down and lifts it.</p>
<div class="spoken" role="status" aria-live="polite"></div>
`;

// Strokes by component key, as long as this document lives: a sheet that is put up again shows them.
const STROKES = (globalThis[Symbol.for("dgm.draw-digit")] ??= new Map());
const inside = (value) => Math.min(1, Math.max(0, value));

class Drawing {
  constructor(root) {
    this.root = root;
    this.edits = new Edits();
    root.innerHTML = MARKUP;
    this.at = (selector) => root.querySelector(selector);
    this.area = this.at(".sheet");
    this.canvas = this.at("canvas");
    this.brush = [0.5, 0.3];
    this.pointer = null;  // id of the pointer that writes
    this.down = false;    // the keyboard's brush is on the sheet
    this.listen();
  }

  receive({ data, setStateValue }) {
    this.edits.receive(data.key, data.base, setStateValue);
    this.side = data.side;
    if (!STROKES.has(data.key)) STROKES.set(data.key, []);
    this.sheet ??= new Sheet(STROKES.get(data.key));
    this.paint();
  }

  listen() {
    const { area } = this;
    area.addEventListener("pointerdown", (event) => this.touch(event));
    area.addEventListener("pointermove", (event) => event.pointerId === this.pointer && this.follow(event));
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
      area.addEventListener(end, (event) => event.pointerId === this.pointer && this.lift());
    }
    area.addEventListener("keydown", (event) => this.press(event));
    area.addEventListener("focus", () => { this.paint(); });
    area.addEventListener("blur", () => { if (this.down) this.raise(); this.paint(); });
    this.at(".undo").addEventListener("click", () => this.undo());
    this.at(".clear").addEventListener("click", () => this.clear());
    new ResizeObserver(() => this.paint()).observe(area);
  }

  // Mouse and finger

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [inside((event.clientX - box.left) / box.width), inside((event.clientY - box.top) / box.height)];
  }

  touch(event) {
    if (event.button !== 0 || this.pointer !== null) return;
    if (this.down) this.raise();
    this.pointer = event.pointerId;
    this.byKey = false;
    this.area.setPointerCapture(event.pointerId);
    this.sheet.begin(this.place(event));
    this.paint();
  }

  follow(event) {
    const moves = event.getCoalescedEvents?.() ?? [];
    for (const move of moves.length ? moves : [event]) this.sheet.extend(this.place(move));
    this.paint();
  }

  lift() {
    this.pointer = null;
    this.commit("Written.");
  }

  // Keyboard

  press(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      return this.undo();
    }
    const way = ARROWS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || (!way && event.key !== " ")) return;
    event.preventDefault();
    this.byKey = true;
    if (way) this.move(way, event.shiftKey ? BIG_STEP : STEP);
    else if (!event.repeat) this.down ? this.raise() : this.lower();
    this.paint();
  }

  move([right, below], step) {
    const [x, y] = this.brush;
    this.brush = [inside(x + right * step), inside(y + below * step)];
    if (this.down) this.sheet.extend(this.brush);
    else this.announce(`Brush at ${Math.round(100 * this.brush[0])}% across, ${Math.round(100 * this.brush[1])}% down.`);
  }

  lower() {
    this.down = true;
    this.sheet.begin([...this.brush]);
    this.announce("Brush down.");
  }

  raise() {
    this.down = false;
    this.commit("Brush up.");
  }

  // Both

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
  commit(words) {
    this.announce(words);
    this.paint();
    this.edits.commit({ image: this.sheet.grey(this.side) });
  }

  announce(words) { this.at(".spoken").textContent = words; }

  paint() {
    if (!this.sheet || !this.area.clientWidth) return;
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio), count = this.sheet.strokes.length;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const ctx = this.canvas.getContext("2d");
    ctx.clearRect(0, 0, side, side);
    this.sheet.draw(ctx, side, getComputedStyle(this.area).color);
    const written = count ? `${count} stroke${count === 1 ? "" : "s"}` : "empty";
    this.area.setAttribute("aria-label", `Sheet for one digit, ${written}`);
    this.area.dataset.strokes = String(count);
    this.at(".hint").hidden = count > 0;
    this.at(".undo").disabled = this.at(".clear").disabled = count === 0;
    this.paintBrush();
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

// Runs at every change of data or theme: the instance and its listeners are made once.
export default function (component) {
  const parent = component.parentElement;
  if (!drawings.has(parent)) {
    const root = make("div", { class: "draw-digit" });
    parent.append(root);
    drawings.set(parent, new Drawing(root));
  }
  drawings.get(parent).receive(component);
}
