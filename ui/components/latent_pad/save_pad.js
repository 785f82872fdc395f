// save_pad.js: the files of the pad: map and picture, the codes, and the picture's pixels.

const MAP_SCALE = 3;      // how much finer than on the screen the map is painted for a file
const LEGEND = { row: 26, step: 44, left: 42, gap: 16 };   // step: at least, from one name to the next

class SavePad {
  constructor(pad) {
    this.pad = pad;
    const menu = new SaveMenu("this map and picture", () => this.entries());
    this.element = make("div", { class: "dgm-tools" }, menu.element);
    pad.root.append(this.element);
  }

  get saved() { return this.pad.scene.header.saved ?? { title: "", name: "pad" }; }

  entries() {
    const { name } = this.saved;
    return {
      ...pictureEntries(this.saved, () => this.parts()),
      "Codes of the images, and z (CSV)": () => givenTable(name, this.codes(), "codes"),
      "Pixels of the picture (CSV)": () => givenTable(name, this.pixels(), "pixels"),
    };
  }

  parts() {
    const { pad } = this, { width, height } = pad.chart;
    const map = canvasPart(this.map(), { size: { width, height }, over: this.mark() + this.legend(), below: LEGEND.row * this.legendRows() });
    const pictures = [...pad.root.querySelectorAll("figure canvas")].filter((canvas) => canvas.clientWidth);
    let top = 0;
    const beside = pictures.map((canvas) => {
      const part = canvasPart(canvas, { left: map.width + EDGE, top, pixels: true });
      top += part.height + EDGE;
      return part;
    });
    return { parts: [map, ...beside], sentence: this.sentence(), colours: pad.colours };
  }

  /** The map, painted finer. */
  map() {
    const { chart: { width, height, span }, scene, axes, colours, shownClass } = this.pad;
    const canvas = document.createElement("canvas"), chart = new Chart(canvas);
    chart.layout(width, height, span);
    Object.assign(canvas, { width: width * MAP_SCALE, height: height * MAP_SCALE });
    chart.ratio = MAP_SCALE;
    chart.paint(scene, axes, colours, shownClass);
    chart.path(scene.header.path, colours);
    return canvas;
  }

  /** The classes on the map, how wide each one's place in the legend is, and how many places are in a row. */
  get places() {
    const { scene: { header, arrays }, chart } = this.pad, classes = [...new Set(arrays.labels)].sort((a, b) => a - b);
    PROBE.font = `12px ${SAVED_FONT}`;
    const step = Math.max(LEGEND.step, ...classes.map((k) => 9 + LEGEND.gap + PROBE.measureText(header.names[k]).width));
    return { classes, step, across: Math.max(1, Math.floor((chart.width - LEGEND.left) / step)) };
  }

  legendRows() {
    const { classes, across } = this.places;
    return Math.ceil(classes.length / across);
  }

  /** Marker and name of each class, below the map. */
  legend() {
    const { scene: { header }, colours, chart } = this.pad, { classes, step, across } = this.places;
    return classes.map((k, i) => {
      const left = LEGEND.left + step * (i % across), top = chart.height + LEGEND.row * (Math.floor(i / across) + 0.5);
      const shape = MARKERS[header.markers[k % header.markers.length]], fill = colours.classes[k % colours.classes.length];
      return `<path d="${shape}" fill="${fill}" transform="translate(${left} ${top}) scale(5)"/>`
        + `<text x="${left + 9}" y="${top + 4}" font-family="${SAVED_FONT}" font-size="12" `
        + `fill="${colours.ink}">${escaped(header.names[k])}</text>`;
    }).join("");
  }

  /** The point z on the map. */
  mark() {
    const { chart, z, axes, colours } = this.pad, x = chart.x(z[axes[0]]), { left, top } = chart.margin;
    const y = z.length > 1 ? chart.y(z[axes[1]]) : chart.height / 2;
    return `<path d="M${x} ${top}v${chart.h}${z.length > 1 ? `M${left} ${y}h${chart.w}` : ""}" stroke="${colours.ink}" stroke-opacity="0.42"/>`
      + `<circle cx="${x}" cy="${y}" r="7" fill="${themeValue(this.pad.root, "primary-color", colours.ink)}" stroke="${colours.ink}"/>`;
  }

  sentence() {
    const { pad } = this, shown = [...pad.root.querySelectorAll(".readings > div:not([hidden])")];
    return [point(pad.z), ...shown.map((row) => [...row.children].slice(0, 2).map((part) => part.textContent).join(": "))].join(". ");
  }

  /** z, and the latent means of the test images. */
  codes() {
    const { z, scene: { header, arrays } } = this.pad, latent = z.length;
    const row = (values, from) => Object.fromEntries(Array.from({ length: latent }, (_, i) => [zName(i), cellValue(values, from + i)]));
    const means = Array.from({ length: arrays.means.length / latent }, (_, i) => ({
      what: "latent mean of a test image", class: header.names[arrays.labels[i]] ?? "", ...row(arrays.means, i * latent) }));
    return [{ what: "z", class: "", ...row([...z], 0) }, ...means];
  }

  pixels() {
    const { decoder, scene: { header, arrays } } = this.pad, target = arrays.target;
    return pixelRows({ "decoder's mean": decoder.pixels, ...(target.length && { target }) }, header.image);
  }
}
