// save_picture.js: the files of a picture that is part of the page. Its button is HTML; a press puts the list in its place.

const PICTURE_BUTTON = "button.dgm-save-picture";

/** The note of ui/figures/picture_sheet.py in a PNG: where its images are, and the colours of 0 and 1. Null without one. */
function tilesOf(bytes) {
  const texts = pngChunks(bytes).filter(([name]) => name === "tEXt").map(([, content]) => String.fromCharCode(...content));
  const note = texts.find((text) => text.startsWith("tiles\0"));
  return note ? JSON.parse(note.slice(6)) : null;
}

const bytesOf = ({ src }) => Uint8Array.from(atob(src.split(",")[1]), (letter) => letter.charCodeAt(0));

/** A row for each pixel of each image: how much ink it has, from 0 to 1, as its 8 bits say. */
function inkRows(image, { count, shape: [height, width], columns, edge, paper, ink }) {
  const canvas = Object.assign(document.createElement("canvas"), { width: image.naturalWidth, height: image.naturalHeight });
  const ctx = canvas.getContext("2d"), from = channels(paper), to = channels(ink);
  ctx.drawImage(image, 0, 0);
  const { data } = ctx.getImageData(0, 0, canvas.width, canvas.height);
  const whole = from.reduce((sum, low, c) => sum + Math.abs(to[c] - low), 0);
  const share = (left, top) => {
    const at = 4 * (top * canvas.width + left);
    return from.reduce((sum, low, c) => sum + (data[at + c] - low) * Math.sign(to[c] - low), 0) / whole;
  };
  return Array.from({ length: count * height * width }, (_, i) => {
    const number = Math.floor(i / (height * width)), row = Math.floor(i / width) % height, column = i % width;
    const left = edge + number % columns * (width + 1) + column, top = edge + Math.floor(number / columns) * (height + 1) + row;
    return { image: number + 1, row: row + 1, column: column + 1, ink: Number(share(left, top).toFixed(3)) };
  });
}

function picturePart(image) {
  const { width, height } = image.getBoundingClientRect();
  return { left: 0, top: 0, width, height, svg: `<svg xmlns="${SVG}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`
    + `<image width="${width}" height="${height}" style="image-rendering:pixelated" href="${image.src}"/></svg>` };
}

function pictureMenu(button) {
  const { title, name } = button.dataset, image = button.closest(".picture").querySelector("img"), tiles = tilesOf(bytesOf(image));
  const colours = { paper: tiles?.paper ?? "#ffffff", ink: tiles?.ink ?? "#000000" };
  return new SaveMenu("this picture", () => ({
    ...pictureEntries({ title, name }, () => ({ parts: [picturePart(image)], sentence: image.alt, colours })),
    ...(tiles && { "Pixels (CSV)": () => givenTable(name, inkRows(image, tiles)) }),
  }));
}

// Once for the document, whichever component's module comes first.
if (!globalThis[Symbol.for("dgm.save-picture")]) {
  globalThis[Symbol.for("dgm.save-picture")] = true;
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.(PICTURE_BUTTON);
    if (!button) return;
    const menu = pictureMenu(button);
    button.replaceWith(menu.element);
    menu.open();
  });
}
