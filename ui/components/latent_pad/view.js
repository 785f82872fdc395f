// view.js: the pad's elements. The markup is fixed; everything that varies is set as text, never as HTML.

const MARKUP = `
<div class="grid">
  <section class="space">
    <div class="choice" hidden>
      <label>Across <select class="across"></select></label>
      <label>Up <select class="up"></select></label>
    </div>
    <div class="map" tabindex="0" role="application" aria-roledescription="latent pad">
      <canvas class="back" aria-hidden="true"></canvas>
      <div class="point" aria-hidden="true">
        <i class="column"></i><i class="row"></i><i class="ring"></i><i class="knob"></i>
      </div>
    </div>
    <div class="foot">
      <output class="place"></output>
      <button type="button" class="home">Origin</button>
    </div>
    <div class="legend" role="group" aria-label="Classes. Press one to show it alone."></div>
  </section>
  <section class="seen">
    <div class="pictures">
      <figure class="decoded"><canvas role="img"></canvas><figcaption></figcaption></figure>
      <figure class="target" hidden><canvas role="img" aria-label="Target image"></canvas>
        <figcaption>Target: move z until it appears</figcaption></figure>
    </div>
    <dl class="readings">
      <div class="prior"><dt>log p(z)</dt><dd></dd><dd class="note"></dd></div>
      <div class="near" hidden><dt>Training means near</dt><dd></dd><dd class="note"></dd></div>
      <div class="match" hidden><dt></dt><dd></dd><dd class="note"></dd></div>
    </dl>
    <p class="verdict" hidden></p>
  </section>
  <section class="sliders" aria-label="Further dimensions of z" hidden></section>
  <p class="live-region" aria-live="polite"></p>
</div>
`;

const grouped = (count) => count.toLocaleString("en");
const MOST_LISTED = 16; // coordinates that are all written out

// The point in words; of many coordinates only those that are not 0.
function point(z) {
  if (z.length <= MOST_LISTED) return `z = (${[...z].map((value) => signed(value, 2)).join(", ")})`;
  const moved = [...z].map((value, i) => [value, i]).filter(([value]) => value !== 0);
  const named = moved.map(([value, i]) => `${zName(i)} = ${signed(value, 2)}`);
  const others = z.length - moved.length;
  return "z: " + [...named, ...(others ? [`${moved.length ? "the others" : `all ${others} coordinates`} 0`] : [])].join(", ");
}

// A colour with an opacity.
function withAlpha(colour, alpha) {
  return `rgba(${channels(colour).join(",")},${alpha.toFixed(3)})`;
}

// The page's colours, and the figures' colours for a light or a dark page.
function coloursOf(root, themes) {
  const dark = isDark(root), ink = themeValue(root, "text-color", dark ? "#e8eaed" : "#1a1d21");
  return { paper: themeValue(root, "background-color", "#ffffff"), ink, dark, font: themeValue(root, "font", "sans-serif"),
           ...(dark ? themes.dark : themes.light) };
}

// A grey image in the page's text colour on its background.
class Picture {
  constructor(canvas, [height, width]) {
    this.ctx = Object.assign(canvas, { width, height }).getContext("2d");
    this.image = this.ctx.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.inks = new Uint32Array(256);
  }

  setColours({ paper, ink }) {
    const from = channels(paper), to = channels(ink);
    for (let i = 0; i < 256; i++) {
      const [r, g, b] = from.map((channel, c) => Math.round(channel + ((to[c] - channel) * i) / 255));
      this.inks[i] = ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    }
  }

  paint(values) {
    for (let i = 0; i < values.length; i++) this.pixels[i] = this.inks[(values[i] * 255 + 0.5) | 0];
    this.ctx.putImageData(this.image, 0, 0);
  }
}

function legend(box, { names, markers }, colours, classes, shownClass, choose) {
  box.replaceChildren(...classes.map((k) => {
    const fill = colours.classes[k % colours.classes.length];
    const shape = makeSvg("path", { d: MARKERS[markers[k % markers.length]], fill });
    const icon = makeSvg("svg", { viewBox: "-1.6 -1.6 3.2 3.2", "aria-hidden": "true" }, shape);
    const pressed = String(shownClass === k);
    return make("button", { type: "button", "aria-pressed": pressed, onclick: () => choose(k) }, icon, names[k]);
  }));
}

function options(select, count, chosen) {
  select.replaceChildren(...Array.from({ length: count }, (_, i) => make("option", { value: String(i) }, zName(i))));
  select.value = String(chosen);
}

// One slider per dimension that is not an axis of the map.
function sliders(box, dimensions, span) {
  box.replaceChildren(...dimensions.map((i) => {
    const input = make("input", { type: "range", min: -span, max: span, step: 0.01, dataset: { dimension: i } });
    return make("label", {}, make("span", {}, zName(i)), input, make("output"));
  }));
  box.hidden = dimensions.length === 0;
}
