// readings.js: what is known about z: its density, its neighbours, its match with a target.

class Readings {
  constructor(root) {
    this.root = root;
    this.record = -Infinity;
    this.challenge = null;
  }

  at(selector) { return this.root.querySelector(selector); }

  // A scene has arrived: show the rows that it can fill. A new decoder or target starts a new record.
  receive({ header, arrays }) {
    this.scene = { header, arrays };
    if (header.challenge !== this.challenge) [this.challenge, this.record] = [header.challenge, -Infinity];
    const hasTarget = arrays.target.length > 0;
    this.root.classList.toggle("has-target", hasTarget);
    this.at("figure.target").hidden = this.at(".match").hidden = !hasTarget;
    this.at(".near").hidden = this.at(".verdict").hidden = arrays.train.length === 0;
    this.root.classList.remove("nowhere");
  }

  show(z, decoder) {
    const { arrays } = this.scene;
    this.logP = logPrior(z);
    write(this.at(".place"), point(z));
    this.read("prior", `${signed(this.logP, 2)} nats`, `at most ${signed(priorPeak(z.length), 2)}, at the origin`);
    if (arrays.train.length) this.showNear(z);
    if (arrays.target.length) this.showMatch(decoder);
  }

  showNear(z) {
    const { header: { near }, arrays: { train } } = this.scene;
    const { count, nearest } = neighbours(train, z, near);
    const rows = train.length / z.length;
    this.read("near", `${grouped(count)} of ${grouped(rows)}`, `within ${near}; the nearest at ${signed(nearest, 2)}`);
    this.root.classList.toggle("nowhere", count === 0);
    write(this.at(".verdict"), count
      ? `${grouped(count)} training image${count === 1 ? " has its" : "s have their"} latent mean near here.`
      : "No training image has its latent mean near here: this picture is a guess, not knowledge.");
  }

  showMatch(decoder) {
    const { header: { best, output, variance }, arrays: { target } } = this.scene;
    const now = fit(decoder, target, variance), nats = output === "sigmoid" || variance !== null;
    this.record = Math.max(this.record, now);
    const show = (value) => (nats ? signed(value, 1) : signed(-value, 3));
    write(this.at(".match dt"), nats ? "log p(x | z) of the target" : "Squared error of the target");
    this.read("match", show(now) + (nats ? " nats" : ""),
      `your best ${show(this.record)}${best === null ? "" : `, best known\u00a0${show(best)}`}`);
  }

  read(name, value, note) {
    const [first, second] = this.at(`.${name}`).querySelectorAll("dd");
    write(first, value);
    write(second, note);
  }

  announce(z) {
    const parts = [`${point(z)}.`, `log p(z) ${signed(this.logP, 2)} nats.`];
    if (!this.at(".verdict").hidden) parts.push(this.at(".verdict").textContent);
    if (!this.at(".match").hidden) parts.push(`${this.at(".match dt").textContent}: ${this.at(".match dd").textContent}.`);
    write(this.at(".spoken"), parts.join(" "));
    this.at(".decoded canvas").setAttribute("aria-label", `Picture decoded at ${point(z)}`);
  }
}
