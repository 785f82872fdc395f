// readings.js: the numbers of z: its density, its neighbours, its score for a target.

// A distance with few digits: 0.03, 12.50, 3,400, 2.50 × 10¹³.
function distanceText(value) {
  return value < 100 || value >= HUGE ? sized(value, 2) : grouped(Math.round(value));
}

class Readings {
  constructor(root) {
    this.root = root;
    this.bestScore = -Infinity;
    this.challenge = null;
  }

  at(selector) { return this.root.querySelector(selector); }

  // A new scene: show the rows that it has data for. A new decoder or target resets the best score.
  receive({ header, arrays }) {
    this.scene = { header, arrays };
    if (header.challenge !== this.challenge) [this.challenge, this.bestScore] = [header.challenge, -Infinity];
    const hasTarget = arrays.target.length > 0;
    this.root.classList.toggle("has-target", hasTarget);
    this.at("figure.target").hidden = this.at(".match").hidden = !hasTarget;
    this.at(".near").hidden = this.at(".verdict").hidden = arrays.train.length === 0;
    this.root.classList.remove("no-neighbours");
  }

  show(z, decoder) {
    const { arrays } = this.scene;
    this.logP = logPrior(z);
    setText(this.at(".place"), point(z));
    this.read("prior", `${sized(this.logP, 2)} nats`, `at most ${signed(priorPeak(z.length), 2)}, at the origin`);
    if (arrays.train.length) this.showNear(z);
    if (arrays.target.length) this.showMatch(decoder);
  }

  showNear(z) {
    const { header: { near }, arrays: { train } } = this.scene;
    const { count, nearest } = neighbours(train, z, near);
    const rows = train.length / z.length;
    this.read("near", `${grouped(count)} of ${grouped(rows)}`, `within ${near < HUGE ? near : sized(near, 2)}; the nearest at ${distanceText(nearest)}`);
    this.root.classList.toggle("no-neighbours", count === 0);
    setText(this.at(".verdict"), count
      ? `${grouped(count)} training image${count === 1 ? " has its" : "s have their"} latent mean near here.`
      : "No training image has its latent mean near here, so none supports this picture.");
  }

  showMatch(decoder) {
    const { header: { best, output, variance }, arrays: { target } } = this.scene;
    const score = targetScore(decoder, target, variance), nats = output === "sigmoid" || variance !== null;
    this.bestScore = Math.max(this.bestScore, score);
    const show = (value) => (nats ? sized(value, 1) : sized(-value, 3));
    setText(this.at(".match dt"), nats ? "log p(x | z) of the target" : "Squared error of the target");
    this.read("match", show(score) + (nats ? " nats" : ""),
      `your best ${show(this.bestScore)}${best === null ? "" : `, best known\u00a0${show(best)}`}`);
  }

  read(name, value, note) {
    const [first, second] = this.at(`.${name}`).querySelectorAll("dd");
    setText(first, value);
    setText(second, note);
  }

  announce(z) {
    const sentences = [`${point(z)}.`, `log p(z) ${sized(this.logP, 2)} nats.`];
    if (!this.at(".verdict").hidden) sentences.push(this.at(".verdict").textContent);
    if (!this.at(".match").hidden) sentences.push(`${this.at(".match dt").textContent}: ${this.at(".match dd").textContent}.`);
    setText(this.at(".live-region"), sentences.join(" "));
    this.at(".decoded canvas").setAttribute("aria-label", `Picture decoded at ${point(z)}`);
  }
}
