// view.js: what pad and drawing sheet show. Everything that varies is set as text, never as HTML.

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

/**
 * The legend of a view's classes; a press shows one alone, another press all. view: has `scene`, `colours`, `at` and
 * `shownClass`, -1 for all. redraw: called after a press.
 */
function classLegend(view, redraw) {
  const { header, arrays } = view.scene, classes = [...new Set(arrays.labels)].sort((a, b) => a - b);
  if (!classes.includes(view.shownClass)) view.shownClass = -1;
  const key = JSON.stringify([classes, view.shownClass, header.names, view.colours.classes]);
  if (key === view.classesKey) return;
  view.classesKey = key;
  legend(view.at(".legend"), header, view.colours, classes, view.shownClass, (k) => {
    view.shownClass = view.shownClass === k ? -1 : k;
    classLegend(view, redraw);
    view.at(".legend").children[classes.indexOf(k)].focus();
    redraw();
  });
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
