// editor.js: drawing points and dragging markers. A change is a draft until the pointer is released, then a commit.

class Editor {
  constructor(live) {
    this.live = live;
    this.handles = [];
    this.clear = make("button", { type: "button", class: "dgm-clear" }, "Clear points");
    this.clear.addEventListener("click", () => this.setPoints([]));
    this.note = make("span", { class: "dgm-note", role: "status" });
    this.element = make("div", { class: "dgm-edit" }, this.clear, this.note);
  }

  /** `unchanged`: the base has the same version. Otherwise a current drag is cancelled. */
  update(config, unchanged) {
    this.config = config;
    this.follow = config.drag?.follow ? decode(config.drag.follow) : null;
    this.element.hidden = !config.draw;
    if (!unchanged) this.reset();
  }

  get edits() { return this.live.edits; }

  get panel() { return this.live.panels[0]; }

  reset() {
    clearTimeout(this.commitTimer);
    this.edits.draft = null;
    for (const handle of this.handles.splice(0)) handle.remove();
  }

  dispose() {
    this.reset();
    this.element.remove();
  }

  /** Apply the edits to the traces. Markers can be dragged in the first frame. layout: a copy of the figure's. */
  apply(panel, traces, index, layout) {
    const { draw, drag } = this.config, { points, moved } = this.edits.overlay;
    if (panel !== this.panel) return this.applyBeside(traces, index, layout);
    if (draw && points) traces[draw.trace] = this.withPoints(traces[draw.trace], points);
    if (!drag || index !== 0) return;
    let first = 0;
    for (const number of this.draggedTraces) {
      const { x = [], y } = traces[number], from = first;
      traces[number] = this.withPoints(traces[number], Array.from(x, (value, i) => moved[from + i] ?? [value, y[i]]));
      first += x.length;
    }
    if (!this.follow) return;
    this.follow.still = Object.keys(moved).length === 0;
    FOLLOWERS[this.follow.kind](traces, this.follow);
    if (!this.follow.still) for (const number of this.draggedTraces) traces[number] = this.withinAxes(traces[number]);
  }

  /** A trace whose markers stay on their axes, which Python fits to them only after the release. */
  withinAxes(trace) {
    const axes = this.panel.axes(trace);
    if (!axes) return trace;
    const [x, y] = ["x", "y"].map((name) => Array.from(trace[name], axes[name].within));
    return placed(trace, x, y);
  }

  /** What follows a marker in the other figures, which are drawn after the first one. */
  applyBeside(traces, index, layout) {
    if (this.follows(index) && this.panel.traces) BESIDE[this.follow.kind](traces, this.panel.traces, this.follow, layout);
  }

  follows(index) { return index === 0 && Boolean(BESIDE[this.follow?.kind]); }

  /** Is a marker dragged whose followers can be moved without a whole drawing? */
  get quick() { return Boolean(this.edits.draft?.moved && this.follow?.quick); }

  get draggedTraces() { return [this.config.drag.trace, ...(this.config.drag.more ?? [])]; }

  /** Of every marker that can be dragged: its trace, and its number there. Those of `more` traces come last. */
  get markers() {
    return this.draggedTraces.map((number) => this.panel.traces?.[number]).flatMap((trace) =>
      Array.from(trace?.x ?? [], (_, i) => [trace, i]));
  }

  /** The trace of a marker, and where the marker is; null where other traces than those of its handle are there by now. */
  marker(number) {
    const [trace, i] = this.markers[number] ?? [];
    return trace ? { trace, place: [trace.x[i], trace.y[i]] } : null;
  }

  withPoints(trace, points) {
    return { ...trace, x: points.map(([x]) => x), y: points.map(([, y]) => y) };
  }

  /** After plotly has drawn: place the handles on their markers and show the number of points. */
  afterPaint() {
    if (this.config.draw) this.showCount();
    const count = this.config.drag && this.live.index === 0 ? this.markers.length : 0;
    while (this.handles.length > count) this.handles.pop().remove();
    while (this.handles.length < count) this.handles.push(this.makeHandle(this.handles.length));
    this.handles.forEach((handle, i) => this.placeHandle(handle, i));
  }

  placeHandle(handle, i) {
    const { trace, place: [x, y] } = this.marker(i), [left, top] = this.panel.pixels(trace, x, y);
    handle.style.transform = `translate(${left}px, ${top}px)`;
    handle.setAttribute("aria-label", `${this.nameOf(i, [x, y].map(Number))}; arrow keys move it`);
  }

  /** A marker's name with its place, or with what a name says of it: {x}, {y}, or {dx}, its distance from the first marker. */
  nameOf(i, [x, y]) {
    const name = this.config.drag.names?.[i] ?? `marker ${i + 1}`;
    const places = { x, y, dx: Math.abs(x - Number(this.marker(0).place[0])) };
    if (!name.includes("{")) return `${name} at ${written(x, 3)}, ${written(y, 3)}`;
    return name.replace(/\{(\w+)\}/g, (_, part) => written(places[part], 3));
  }

  // Drawing

  get points() {
    const { x = [], y = [] } = this.panel.traces[this.config.draw.trace];
    return Array.from(x, (value, i) => [value, y[i]]);
  }

  showCount() {
    const { limit } = this.config.draw, count = this.points.length;
    this.note.textContent = count < limit ? `${count} ${count === 1 ? "point" : "points"}`
      : `${count} points, as many as fit: remove one to add another`;
    this.clear.disabled = count === 0;
  }

  click(at, reach) {
    const { trace, limit } = this.config.draw, shown = this.panel.traces?.[trace];   // none before the first paint
    if (!this.panel.inside(at, shown)) return;
    const points = this.edits.overlay.points ?? this.points;   // a second click may come before the first one is painted
    const clicked = nearest(this.panel, this.withPoints(shown, points), at, reach);
    if (clicked >= 0) this.setPoints(points.filter((_, i) => i !== clicked));
    else if (points.length < limit) this.setPoints([...points, this.panel.data(shown, at)]);
  }

  setPoints(points) {
    this.edits.commit({ points });
    this.live.redraw();
  }

  // Dragging

  makeHandle(marker) {
    const made = make("button", { type: "button", class: "dgm-handle" });
    made.addEventListener("pointerdown", (event) => this.drag(event, made, marker));
    made.addEventListener("keydown", (event) => this.moveByKey(event, marker));
    made.addEventListener("blur", () => this.commit());
    this.panel.overlay.append(made);
    return made;
  }

  drag(event, handle, marker) {
    if (event.button || !this.marker(marker)) return;
    const { trace, place } = this.marker(marker), start = this.panel.position(event);
    const centre = this.panel.pixels(trace, ...place);
    handle.setPointerCapture(event.pointerId);
    this.listenUntilRelease(handle, (moving) => {
      const [left, top] = this.panel.position(moving);
      this.move(marker, this.panel.data(trace, [centre[0] + left - start[0], centre[1] + top - start[1]]));
    });
  }

  /** Call `follow` for each move until the drag is committed, or cancelled by Escape or the browser. */
  listenUntilRelease(handle, follow) {
    const listeners = new AbortController(), { signal } = listeners;
    const cancel = () => {
      listeners.abort();
      this.edits.draft = null;
      this.live.redraw();
    };
    handle.addEventListener("pointermove", follow, { signal });
    handle.addEventListener("pointerup", () => { listeners.abort(); this.commit(); }, { signal });
    handle.addEventListener("pointercancel", cancel, { signal });
    handle.addEventListener("keydown", ({ key }) => { if (key === "Escape") cancel(); }, { signal });
  }

  move(marker, point) {
    this.edits.draft = { moved: { ...this.edits.draft?.moved, [marker]: point } };   // two fingers can drag two markers
    this.live.redraw(this.follows(0) ? undefined : new Set([0]));
  }

  moveByKey(event, marker) {
    const direction = ARROWS[event.key];
    if (!direction || !this.marker(marker)) return;
    event.preventDefault();
    event.stopPropagation();
    const { trace, place } = this.marker(marker), area = this.panel.area(trace), share = event.shiftKey ? 0.1 : 0.01;
    const at = this.panel.pixels(trace, ...this.edits.overlay.moved[marker] ?? place);
    const target = [at[0] + direction[0] * share * area.width, at[1] + direction[1] * share * area.height];
    this.move(marker, this.panel.data(trace, target));
    clearTimeout(this.commitTimer);
    this.commitTimer = setTimeout(() => this.commit(), 400);
  }

  commit() {
    clearTimeout(this.commitTimer);
    const { draft } = this.edits;
    if (draft) this.edits.commit(draft);
  }
}
