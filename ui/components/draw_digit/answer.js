// answer.js: what the model makes of the drawing, while it is drawn: the image that it gets, q on the map, the answer.

const ANSWER = `
<div class="answer">
  <div class="plane">
    <div class="space"><canvas class="back" aria-hidden="true"></canvas><canvas class="front" aria-hidden="true"></canvas></div>
    <div class="legend" role="group" aria-label="Classes. Press one to show it alone."></div>
  </div>
  <div class="pair">
    <figure><canvas class="got" role="img" aria-label="The drawing as the model gets it"></canvas>
      <figcaption>What the encoder gets</figcaption></figure>
    <figure><canvas class="back-again" role="img" aria-label="The decoded code"></canvas>
      <figcaption>Decoder's mean at μ</figcaption></figure>
  </div>
  <p class="code" aria-hidden="true"></p>
</div>
`;
const REACH = [1, 2];   // deviations of the ellipses that are drawn

class Answer {
  constructor(root, sheet) {
    root.insertAdjacentHTML("beforeend", ANSWER);
    this.root = root.querySelector(".answer");
    this.at = (selector) => this.root.querySelector(selector);
    this.chart = new Chart(this.at(".back"));
    this.shownClass = -1; // the class that is highlighted, -1 for all
    this.resizeObserver = new ResizeObserver(() => this.scene && this.show(this.ink, this.side));
    this.resizeObserver.observe(this.at(".space"));
  }

  dispose() { this.resizeObserver.disconnect(); }

  receive(scene) {
    this.scene = scene;
    this.encoder = new Encoder(scene);
    this.decoder = new Decoder(scene);
    this.colours = coloursOf(this.root, scene.header.themes);
    this.pictures = ["got", "back-again"].map((name) => {
      const picture = new Picture(this.at(`canvas.${name}`), scene.header.image);
      picture.setColours(this.colours);
      return picture;
    });
    this.showClasses();
    this.backStale = true;
  }

  showClasses() {
    classLegend(this, () => {
      this.backStale = true;
      this.paintMap();
    });
  }

  /** Encode and decode the ink (side x side, 0..1), or clear the answer where there is none. */
  show(ink, side) {
    Object.assign(this, { ink, side });
    const { header } = this.scene, began = performance.now();
    const image = ink && framed(ink, side, header.image, header);
    this.root.classList.toggle("empty", !image);
    this.q = null;
    if (image) {
      const x = binarised(image, header.threshold);
      this.q = this.encoder.run(x);
      this.pictures[0].paint(x);
      this.pictures[1].paint(this.decoder.run(this.q.mean));
    }
    this.paintMap();
    setText(this.at(".code"), this.q ? this.words() : "");
    this.milliseconds = performance.now() - began;
  }

  words() {
    const { mean, deviation } = this.q;
    return [...mean].slice(0, 4).map((value, i) => `${zName(i)} = ${sized(value, 2)} ± ${sized(deviation[i], 2)}`).join(", ");
  }

  paintMap() {
    const space = this.at(".space"), front = this.at(".front"), { header } = this.scene;
    const [width, height] = [space.clientWidth, space.clientHeight];
    if (!width) return;
    if (this.backStale || this.chart.width !== width) {
      this.chart.layout(width, height, header.span);
      this.chart.paint(this.scene, header.axes, this.colours, this.shownClass);
      this.backStale = false;
    }
    const ratio = this.chart.ratio;
    [front.width, front.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.q && header.latent > 1) this.paintEllipses(front.getContext("2d"), ratio);
  }

  paintEllipses(ctx, ratio) {
    const { chart, q, colours } = this, [across, up] = this.scene.header.axes;
    ctx.scale(ratio, ratio);
    const [x, y] = [chart.x(q.mean[across]), chart.y(q.mean[up])];
    for (const [colour, width] of [[colours.paper, 5], [colours.q, 2.5]]) {
      for (const radius of REACH) {
        ctx.beginPath();
        ctx.ellipse(x, y, Math.max(2, radius * q.deviation[across] * chart.unit),
                    Math.max(2, radius * q.deviation[up] * chart.unit), 0, 0, 2 * Math.PI);
        Object.assign(ctx, { strokeStyle: colour, lineWidth: width });
        ctx.stroke();
      }
    }
  }
}
