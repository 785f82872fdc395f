// save_pad.js: the files of the pad: map and picture, the codes, and the picture's pixels.

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
    const { pad } = this, map = canvasPart(pad.chart.canvas, { over: this.mark() });
    const pictures = [...pad.root.querySelectorAll("figure canvas")].filter((canvas) => canvas.clientWidth);
    let top = 0;
    const beside = pictures.map((canvas) => {
      const part = canvasPart(canvas, { left: map.width + EDGE, top, pixels: true });
      top += part.height + EDGE;
      return part;
    });
    return { parts: [map, ...beside], sentence: this.sentence(), colours: pad.colours };
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

  /** z, and the latent means of the held-out images. */
  codes() {
    const { z, scene: { header, arrays } } = this.pad, latent = z.length;
    const row = (values, from) => Object.fromEntries(Array.from({ length: latent }, (_, i) => [zName(i), cellValue(values, from + i)]));
    const means = Array.from({ length: arrays.means.length / latent }, (_, i) => ({
      what: "latent mean of a held-out image", class: header.names[arrays.labels[i]] ?? "", ...row(arrays.means, i * latent) }));
    return [{ what: "z", class: "", ...row([...z], 0) }, ...means];
  }

  pixels() {
    const { decoder, scene: { header, arrays } } = this.pad, target = arrays.target;
    return pixelRows({ "decoder's mean": decoder.pixels, ...(target.length && { target }) }, header.image);
  }
}
