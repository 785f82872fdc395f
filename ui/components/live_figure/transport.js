// transport.js: playback of frames. It has the frame's index, which is the same in every figure of the component.

const SPEEDS = [0.5, 1, 2, 4];
const REST = 300;   // ms without a press, after which steps by keys are committed
const ICONS = {   // outlines in a box of 20 x 20
  first: "M5 4v12M15 4.5 8 10l7 5.5z", back: "M14 4 6 10l8 6z", half: "M6 4l6 6-6 6M14 4v12", play: "M6 3.5 16 10 6 16.5z",
  pause: "M6.5 4v12M13.5 4v12", next: "M6 4l8 6-8 6z",
};

function icon(name) {
  const svg = makeSvg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true", "data-icon": name });
  svg.append(makeSvg("path", { d: ICONS[name] }));
  return svg;
}

class Transport {
  constructor(live) {
    this.live = live;
    this.playing = false;
    this.speed = 1;
    this.listeners = new AbortController();
    this.build();
    this.listen();
  }

  button(name, label, onClick) {
    const made = make("button", { type: "button", class: `dgm-${name}`, "aria-label": label, title: label }, icon(name));
    made.addEventListener("click", onClick);
    return made;
  }

  build() {
    this.first = this.button("first", "Back to the start", () => this.step(0));
    this.backward = this.button("back", "Previous step", () => this.step(this.wholeStep(-1)));
    this.halfStep = this.button("half", "Half a step", () => this.step(this.index + 1));
    this.namedHalves = [0, 1].map(() => make("button", { type: "button", class: "dgm-named" }));
    for (const made of this.namedHalves) made.addEventListener("click", () => this.isNext(this.index) && this.step(this.index + 1));
    this.playButton = this.button("play", "Play", () => this.toggle());
    this.forward = this.button("next", "Next step", () => this.step(this.wholeStep(1)));
    this.slider = make("input", { type: "range", min: "0", step: "1", "aria-label": "Frame" });
    this.speedMenu = make("select", { "aria-label": "Speed" },
      ...SPEEDS.map((speed) => make("option", { value: String(speed), selected: speed === 1 }, `${speed}×`)));
    this.caption = make("span", { class: "dgm-caption" });
    this.count = make("span", { class: "dgm-count" });
    this.status = make("div", { class: "dgm-status", role: "status", "aria-live": "polite" }, this.caption, this.count);
    this.element = make("div", { class: "dgm-transport", role: "group", "aria-label": "Playback" },
      make("div", { class: "dgm-buttons" }, this.first, this.backward, this.playButton, this.halfStep,
        ...this.namedHalves, this.forward),
      this.slider, this.speedMenu, this.status);
  }

  listen() {
    this.slider.addEventListener("input", () => { this.stop(); this.go(Number(this.slider.value)); });
    this.slider.addEventListener("change", () => this.commit());
    this.speedMenu.addEventListener("change", () => { this.speed = Number(this.speedMenu.value); });
    const { signal } = this.listeners;
    this.live.root.addEventListener("keydown", (event) => this.key(event), { signal });
    const wait = () => { if (this.commitTimer) this.commitLater(); };
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, wait, { signal, capture: true });
  }

  /** `unchanged`: the base has the same version, so the index stays; otherwise playback begins at `start`. */
  update(config, unchanged) {
    const before = this.config, last = config.count - 1, ended = before && this.index === before.count - 1;
    this.config = config;
    if (!unchanged) this.reset();
    const kept = unchanged ? -1 : this.samePlace(before, config);
    const shown = !before ? this.live.edits.frame ?? config.start : ended ? last : this.index;
    const from = kept >= 0 ? kept : unchanged ? shown : config.start;
    this.index = Math.min(from, last);
    if (!unchanged) this.committed = config.start;
    this.committed ??= this.index;
    if (kept >= 0) this.commit();   // what was pressed while Python made the other frames
    this.slider.max = String(config.count - 1);
    const names = Array.isArray(config.halves) ? config.halves : null;
    this.halfStep.hidden = !config.halves || Boolean(names);
    this.namedHalves.forEach((made, i) => {
      made.hidden = !names;
      made.textContent = names?.[i] ?? "";
      made.title = names ? `Half a step: ${names[i]}` : "";
      made.dataset.key = names?.[i]?.length === 1 ? names[i] : "";     // in the lecture hall: see lecture_hall.js
    });
    this.show();
  }

  /** Is the frame after this one the next half-step of the run, and none was left out between them? */
  isNext(index) {
    const { places, count } = this.config;
    return index < count - 1 && (!places || places[index + 1] === places[index] + 1);
  }

  /** The frame of the new settings with the place that is shown, -1 where they are of another run or do not have it. */
  samePlace(before, config) {
    if (!before?.places || !config.places || !config.run || before.run !== config.run) return -1;
    return config.places.indexOf(before.places[this.index]);
  }

  /** The index after a whole step in a direction. With halves, a whole step ends with the second half of a pair. */
  wholeStep(direction) {
    if (!this.config.halves) return this.index + direction;
    const shift = 1 - this.config.count % 2;   // an odd count begins with the initial state, before the first pair
    const paired = (this.index - shift) / 2;
    return 2 * (direction > 0 ? Math.floor(paired) + 1 : Math.ceil(paired) - 1) + shift;
  }

  go(index) {
    const clamped = Math.min(Math.max(index, 0), this.config.count - 1);
    if (clamped === this.index) return;
    this.index = clamped;
    this.show();
    this.live.redraw();
  }

  step(index) {
    this.stop();
    this.go(index);
    this.commit();
  }

  show() {
    const { count, captions } = this.config, caption = captions[this.index] ?? "";
    this.caption.textContent = caption;
    this.count.textContent = this.config.places ? "" : `frame ${this.index + 1} of ${count}`;   // of a longer run
    this.slider.value = String(this.index);
    this.slider.setAttribute("aria-valuetext", `${caption} ${this.count.textContent}`.trim());
    this.slider.style.setProperty("--done", `${count > 1 ? 100 * this.index / (count - 1) : 0}%`);
    this.first.disabled = this.backward.disabled = this.index === 0;
    this.halfStep.disabled = this.forward.disabled = this.index === count - 1;
    const second = (this.index + 1 - count % 2) % 2, next = this.isNext(this.index);   // the half that is next
    this.namedHalves.forEach((made, i) => { made.disabled = i !== second || !next; });
  }

  toggle() {
    if (!this.playing) return this.play();
    this.stop();
    this.commit();
  }

  play() {
    if (this.index === this.config.count - 1) this.go(0);
    this.showPlaying(true);
    let shownAt = performance.now();
    const tick = (now) => {
      if (!this.playing || !this.live.root.isConnected) return;
      if (now - shownAt >= this.config.interval / this.speed) {
        shownAt = now;
        this.go(this.index + 1);
        if (this.index === this.config.count - 1) return this.toggle();
      }
      this.frameRequest = requestAnimationFrame(tick);
    };
    this.frameRequest = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.frameRequest);
    if (this.playing) this.showPlaying(false);
  }

  /** Screen readers announce the frames that the visitor steps to, not those that are played. */
  showPlaying(playing) {
    this.playing = playing;
    this.playButton.replaceChildren(icon(playing ? "pause" : "play"));
    this.playButton.title = playing ? "Pause" : "Play";
    this.playButton.setAttribute("aria-label", this.playButton.title);
    this.status.setAttribute("aria-live", playing ? "off" : "polite");
  }

  reset() {
    this.stop();
    this.clearCommitTimer();
  }

  dispose() {
    this.reset();
    this.listeners.abort();
    this.element.remove();
  }

  clearCommitTimer() {
    clearTimeout(this.commitTimer);
    this.commitTimer = null;
  }

  /** When nothing is pressed and no script runs: it would begin again with what the browser shows, as before the press. */
  commitLater() {
    this.clearCommitTimer();
    this.commitTimer = setTimeout(() => (document.querySelector(NO_SCRIPT_RUNS) ? this.commit() : this.commitLater()), REST);
  }

  commit() {
    this.clearCommitTimer();
    if (!this.config.commit || this.index === this.committed) return;
    this.committed = this.index;
    this.live.edits.commit({ frame: this.index });
  }

  key(event) {
    const figure = event.target.classList.contains("dgm-plot") && !this.live.interactive;
    if (!figure && !this.element.contains(event.target)) return;
    if (event.target === this.speedMenu || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && event.target.tagName === "BUTTON") return;
    const action = this.keyAction(event);
    if (!action) return;
    event.preventDefault();
    action();
  }

  keyAction({ key, shiftKey }) {
    const direction = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[key];
    if (key === " ") return () => this.toggle();
    if (key === "Home") return () => this.step(0);
    if (key === "End") return () => this.step(this.config.count - 1);
    if (!direction) return null;
    const jump = this.config.halves ? 1 : Math.max(2, Math.round(this.config.count / 10));
    return () => this.keyStep(shiftKey ? this.index + direction * jump : this.wholeStep(direction));
  }

  /** A half-step, or a frame, on (1) or back (-1); whether there was one. */
  stepBy(direction) {
    const before = this.index;
    this.keyStep(before + direction);
    return this.index !== before;
  }

  /** The steps of a key that is held down are committed once, at the end. */
  keyStep(index) {
    this.stop();
    this.go(index);
    this.commitLater();
  }
}
