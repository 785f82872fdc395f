// save_pad.js: the files of the pad: map and picture, the codes, and the picture's pixels.

const MAP_SCALE = 3;      // how much finer than on the screen the map is painted for a file
const LEGEND = { height: 26, step: 44, left: 42 };

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
    const map = canvasPart(this.map(), { size: { width, height }, over: this.mark() + this.legend(), below: LEGEND.height });
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

  /** Marker and name of each class, below the map. */
  legend() {
    const { scene: { header, arrays }, colours, chart } = this.pad, top = chart.height + LEGEND.height / 2;
    return [...new Set(arrays.labels)].sort((a, b) => a - b).map((k, i) => {
      const shape = MARKERS[header.markers[k % header.markers.length]], fill = colours.classes[k % colours.classes.length];
      return `<path d="${shape}" fill="${fill}" transform="translate(${LEGEND.left + LEGEND.step * i} ${top}) scale(5)"/>`
        + `<text x="${LEGEND.left + 9 + LEGEND.step * i}" y="${top + 4}" font-family="${SAVED_FONT}" font-size="12" `
        + `fill="${colours.ink}">${escaped(header.names[k])}</text>`;
    }).join("");
  }

  /** The point z on the map. */
  mark() {
    const { chart, z, axes, colours } = this.pad, x = chart.x(z[axes[0]]);
    const y = z.length > 1 ? chart.y(z[axes[1]]) : chart.height / 2;
    return `<path d="M${x} 0V${chart.height}${z.length > 1 ? `M0 ${y}H${chart.width}` : ""}" stroke="${colours.ink}" stroke-opacity="0.42"/>`
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
