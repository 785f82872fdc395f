// edit.js: drawing points and dragging markers. The hand's state is ours; Python is told when the hand lets go.

class Edit {
  constructor(live) {
    this.live = live;
    this.turn = 0;          // number of the last commit: an older echo from Python is not news
    this.points = null;     // drawn points, null until the hand or Python's memory has some
    this.moved = new Map(); // marker -> [x, y]
    this.handles = [];
    this.clear = make("button", { type: "button", class: "dgm-clear" }, "Clear points");
    this.clear.addEventListener("click", () => this.set([]));
    this.note = make("span", { class: "dgm-note", role: "status" });
    this.element = make("div", { class: "dgm-edit" }, this.clear, this.note);
  }

  update(config) {
    this.config = config;
    this.element.hidden = !config.draw;
    const known = config.known;
    if (known.turn < this.turn) return;
    this.turn = known.turn;
    if (known.points) this.points = known.points;
    this.moved = new Map(known.moved.map(([marker, x, y]) => [marker, [x, y]]));
  }

  get panel() { return this.live.panels[0]; }

  /** Nothing that was begun is told any more; the handles go. */
  leave() {
    clearTimeout(this.resting);
    this.pending = false;
    for (const handle of this.handles) handle.remove();
  }

  /** Lay the hand's state on the traces. Markers can be dragged where the history starts. */
  apply(panel, traces, index) {
    const { draw, drag } = this.config;
    if (panel !== this.panel) return;
    if (draw && !this.points) {
      const { x = [], y = [] } = traces[draw.trace];
      this.points = Array.from(x, (value, i) => [value, y[i]]);
    }
    if (draw) traces[draw.trace] = this.over(traces[draw.trace], this.points);
    if (drag && index === 0) {
      const trace = traces[drag.trace];
      const places = Array.from(trace.x ?? [], (x, i) => this.moved.get(i) ?? [x, trace.y[i]]);
      traces[drag.trace] = this.over(trace, places);
    }
  }

  over(trace, places) {
    return { ...trace, x: places.map(([x]) => x), y: places.map(([, y]) => y) };
  }

  /** After plotly has drawn: handles onto their markers, the count of points. */
  placed() {
    if (this.config.draw) this.count();
    const trace = this.config.drag && this.live.index === 0 ? this.panel.traces[this.config.drag.trace] : null;
    const count = trace?.x?.length ?? 0;
    while (this.handles.length > count) this.handles.pop().remove();
    while (this.handles.length < count) this.handles.push(this.handle(this.handles.length));
    this.handles.forEach((handle, i) => {
      const [left, top] = this.panel.pixels(trace, trace.x[i], trace.y[i]);
      handle.style.transform = `translate(${left}px, ${top}px)`;
      handle.setAttribute("aria-label", `${this.config.drag.names?.[i] ?? `marker ${i + 1}`} at ${
        Number(trace.x[i]).toPrecision(3)}, ${Number(trace.y[i]).toPrecision(3)}; arrow keys move it`);
    });
  }

  count() {
    const { most } = this.config.draw, have = this.points.length;
    this.note.textContent = have < most ? `${have} ${have === 1 ? "point" : "points"}`
      : `${have} points, as many as fit: remove one to add another`;
    this.clear.disabled = have === 0;
  }

  // Drawing

  click(at, reach) {
    const { trace, most } = this.config.draw, shown = this.panel.traces?.[trace];   // none before the first paint
    if (!this.panel.inside(at, shown)) return;
    const touched = nearest(this.panel, shown, at, reach);
    if (touched >= 0) this.set(this.points.filter((_, i) => i !== touched));
    else if (this.points.length < most) this.set([...this.points, this.panel.data(shown, at)]);
  }

  set(points) {
    this.points = points;
    this.live.redraw();
    this.live.tell("points", { turn: ++this.turn, points });
  }

  // Dragging

  handle(marker) {
    const made = make("button", { type: "button", class: "dgm-handle" });
    made.addEventListener("pointerdown", (event) => this.grab(event, made, marker));
    made.addEventListener("keydown", (event) => this.nudge(event, marker));
    made.addEventListener("blur", () => this.release());
    this.panel.above.append(made);
    return made;
  }

  place(marker) {
    const trace = this.panel.traces[this.config.drag.trace];
    return [trace.x[marker], trace.y[marker]];
  }

  grab(event, handle, marker) {
    if (event.button) return;
    const trace = this.panel.traces[this.config.drag.trace], from = this.place(marker), before = this.moved.get(marker);
    const start = this.panel.place(event), centre = this.panel.pixels(trace, ...from);
    handle.setPointerCapture(event.pointerId);
    const listening = new AbortController(), { signal } = listening;
    const follow = (moving) => {
      const now = this.panel.place(moving);
      this.put(marker, this.panel.data(trace, [centre[0] + now[0] - start[0], centre[1] + now[1] - start[1]]));
    };
    const back = () => {
      listening.abort();
      if (before) this.moved.set(marker, before); else this.moved.delete(marker);
      this.pending = false;
      this.live.redraw();
    };
    handle.addEventListener("pointermove", follow, { signal });
    handle.addEventListener("pointerup", () => { listening.abort(); this.release(); }, { signal });
    handle.addEventListener("pointercancel", back, { signal });
    handle.addEventListener("keydown", (key) => { if (key.key === "Escape") back(); }, { signal });
  }

  put(marker, place) {
    this.moved.set(marker, place);
    this.pending = true;
    this.live.redraw(new Set([0]));
  }

  nudge(event, marker) {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const trace = this.panel.traces[this.config.drag.trace], area = this.panel.area(trace);
    const pace = event.shiftKey ? 0.1 : 0.01, at = this.panel.pixels(trace, ...this.moved.get(marker) ?? this.place(marker));
    this.put(marker, this.panel.data(trace, [at[0] + way[0] * pace * area.width, at[1] + way[1] * pace * area.height]));
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.release(), 400);
  }

  release() {
    clearTimeout(this.resting);
    if (!this.pending) return;
    this.pending = false;
    const moved = [...this.moved].map(([marker, place]) => [marker, ...place]);
    this.live.tell("moved", { turn: ++this.turn, moved });
  }
}
