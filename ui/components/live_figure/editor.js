// editor.js: drawing points and dragging markers. A change is a draft while the pointer is down, a commit when it is up.

class Editor {
  constructor(live) {
    this.live = live;
    this.handles = [];
    this.clear = make("button", { type: "button", class: "dgm-clear" }, "Clear points");
    this.clear.addEventListener("click", () => this.setPoints([]));
    this.note = make("span", { class: "dgm-note", role: "status" });
    this.element = make("div", { class: "dgm-edit" }, this.clear, this.note);
  }

  /** `holds`: the figure still shows what it showed. Otherwise a drag that is under way ends without a trace. */
  update(config, holds) {
    this.config = config;
    this.element.hidden = !config.draw;
    if (!holds) this.leave();
  }

  get edits() { return this.live.edits; }

  get panel() { return this.live.panels[0]; }

  leave() {
    clearTimeout(this.resting);
    this.edits.draft(null);
    for (const handle of this.handles.splice(0)) handle.remove();
  }

  /** Lay the edits on the traces. Markers can be dragged where the history starts. */
  apply(panel, traces, index) {
    const { draw, drag } = this.config, { points, moved } = this.edits.top;
    if (panel !== this.panel) return;
    if (draw && points) traces[draw.trace] = this.at(traces[draw.trace], points);
    if (drag && index === 0) {
      const trace = traces[drag.trace];
      traces[drag.trace] = this.at(trace, Array.from(trace.x ?? [], (x, i) => moved[i] ?? [x, trace.y[i]]));
    }
  }

  at(trace, places) {
    return { ...trace, x: places.map(([x]) => x), y: places.map(([, y]) => y) };
  }

  /** After plotly has drawn: handles onto their markers, the count of points. */
  placed() {
    if (this.config.draw) this.count();
    const trace = this.config.drag && this.live.index === 0 ? this.panel.traces[this.config.drag.trace] : null;
    const count = trace?.x?.length ?? 0;
    while (this.handles.length > count) this.handles.pop().remove();
    while (this.handles.length < count) this.handles.push(this.handle(this.handles.length));
    this.handles.forEach((handle, i) => this.place(handle, i, trace.x[i], trace.y[i]));
  }

  place(handle, i, x, y) {
    const { trace, names } = this.config.drag, [left, top] = this.panel.pixels(this.panel.traces[trace], x, y);
    handle.style.transform = `translate(${left}px, ${top}px)`;
    handle.setAttribute("aria-label", `${names?.[i] ?? `marker ${i + 1}`} at ${Number(x).toPrecision(3)}, ${
      Number(y).toPrecision(3)}; arrow keys move it`);
  }

  // Drawing

  get points() {
    const { x = [], y = [] } = this.panel.traces[this.config.draw.trace];
    return Array.from(x, (value, i) => [value, y[i]]);
  }

  count() {
    const { most } = this.config.draw, count = this.points.length;
    this.note.textContent = count < most ? `${count} ${count === 1 ? "point" : "points"}`
      : `${count} points, as many as fit: remove one to add another`;
    this.clear.disabled = count === 0;
  }

  click(at, reach) {
    const { trace, most } = this.config.draw, shown = this.panel.traces?.[trace];   // none before the first paint
    if (!this.panel.inside(at, shown)) return;
    const points = this.edits.top.points ?? this.points;   // a second click may come before the first one is painted
    const touched = nearest(this.panel, this.at(shown, points), at, reach);
    if (touched >= 0) this.setPoints(points.filter((_, i) => i !== touched));
    else if (points.length < most) this.setPoints([...points, this.panel.data(shown, at)]);
  }

  setPoints(points) {
    this.edits.commit({ points });
    this.live.redraw();
  }

  // Dragging

  handle(marker) {
    const made = make("button", { type: "button", class: "dgm-handle" });
    made.addEventListener("pointerdown", (event) => this.drag(event, made, marker));
    made.addEventListener("keydown", (event) => this.nudge(event, marker));
    made.addEventListener("blur", () => this.commit());
    this.panel.above.append(made);
    return made;
  }

  get trace() { return this.panel.traces[this.config.drag.trace]; }

  drag(event, handle, marker) {
    if (event.button) return;
    const trace = this.trace, start = this.panel.place(event), centre = this.panel.pixels(trace, trace.x[marker], trace.y[marker]);
    handle.setPointerCapture(event.pointerId);
    const listening = new AbortController(), { signal } = listening;
    const follow = (moving) => {
      const now = this.panel.place(moving);
      this.move(marker, this.panel.data(trace, [centre[0] + now[0] - start[0], centre[1] + now[1] - start[1]]));
    };
    const cancel = () => {
      listening.abort();
      this.edits.draft(null);
      this.live.redraw();
    };
    handle.addEventListener("pointermove", follow, { signal });
    handle.addEventListener("pointerup", () => { listening.abort(); this.commit(); }, { signal });
    handle.addEventListener("pointercancel", cancel, { signal });
    handle.addEventListener("keydown", (key) => { if (key.key === "Escape") cancel(); }, { signal });
  }

  move(marker, place) {
    this.edits.draft({ moved: { ...this.edits.now.draft?.moved, [marker]: place } });   // of two fingers, two markers
    this.live.redraw(new Set([0]));
  }

  nudge(event, marker) {
    const way = ARROWS[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const { trace } = this, area = this.panel.area(trace), share = event.shiftKey ? 0.1 : 0.01;
    const at = this.panel.pixels(trace, ...this.edits.top.moved[marker] ?? [trace.x[marker], trace.y[marker]]);
    this.move(marker, this.panel.data(trace, [at[0] + way[0] * share * area.width, at[1] + way[1] * share * area.height]));
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.commit(), 400);
  }

  commit() {
    clearTimeout(this.resting);
    const { draft } = this.edits.now;
    if (draft) this.edits.commit(draft);
  }
}
