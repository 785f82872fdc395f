// save_canvas.js: the files of what is painted on canvases: the latent pad, a drawing.

/**
 * A canvas as a part of a picture. pixels: whether its pixels are to be seen. over: SVG that lies on it and, `below` pixels
 * high, below it. size: in CSS pixels, where it is not on the page.
 */
function canvasPart(canvas, { left = 0, top = 0, over = "", below = 0, pixels = false, size } = {}) {
  const { width, height } = size ?? canvas.getBoundingClientRect(), style = pixels ? ' style="image-rendering:pixelated"' : "";
  const whole = height + below;
  return { left, top, width, height: whole, svg: `<svg xmlns="${SVG}" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}">`
    + `<image width="${width}" height="${height}" preserveAspectRatio="none"${style} href="${canvas.toDataURL()}"/>${over}</svg>` };
}

/** The two pictures of a list "Save". saved: {title, name}. made(): parts, sentence and colours, as `composed` takes them. */
function pictureEntries(saved, made) {
  const picture = () => {
    const { parts, sentence, colours } = made();
    return composed(parts, { title: saved.title, sentence, about: `${sentence} ${window.location.href}` }, colours);
  };
  return {
    "Picture (SVG)": () => given(saved.name, "svg", picture().svg, SVG_TYPE),
    "Picture (PNG)": async () => {
      const drawn = picture();
      return given(saved.name, "png", await png(await painted(drawn, pngScale(drawn.width))), PNG_TYPE);
    },
  };
}

/** Give the visitor a file; returns its name. */
function given(name, kind, content, type, extra) {
  const full = fileName(name, kind, extra);
  download(full, content, type);
  return full;
}

/** Give the visitor a table; rows: {column: value} of each. */
const givenTable = (name, rows, extra) =>
  given(name, "csv", csv({ columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows }), CSV_TYPE, extra);

/** An image's pixels as rows of a table. images: {name: values of height x width}. */
function pixelRows(images, [height, width]) {
  return Array.from({ length: height * width }, (_, i) => ({
    row: Math.floor(i / width) + 1, column: i % width + 1,
    ...Object.fromEntries(Object.entries(images).map(([name, values]) => [name, cellValue(values, i)])) }));
}
