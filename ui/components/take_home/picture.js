// picture.js: what is on the screen as one SVG with its title, and an SVG as PNG.

const SAVED_FONT = "Arial, Helvetica, sans-serif";   // in a file of its own, the page's font does not exist
const EDGE = 16;          // pixels around and between the figures
const HEADING = { size: 16, line: 22, weight: 600 }, SENTENCE = { size: 12.5, line: 17, weight: 400 };
const PIXELS_ACROSS = 1600;   // at least, of a PNG

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Break a text into lines that are at most `width` pixels wide. */
function wrapped(text, width, { size, weight }) {
  PROBE.font = `${weight} ${size}px ${SAVED_FONT}`;
  return text.split(" ").reduce((lines, word) => {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && PROBE.measureText(longer).width <= width) return [...lines.slice(0, -1), longer];
    return [...lines, word];
  }, []);
}

/** Lines of text below each other, and where the next one begins. */
function textLines(text, width, top, style, ink) {
  const lines = text ? wrapped(text, width, style) : [];
  const drawn = lines.map((line, i) => `<text x="${EDGE}" y="${top + style.line * i + style.size}" fill="${ink}" `
    + `font-family="${SAVED_FONT}" font-size="${style.size}" font-weight="${style.weight}">${escaped(line)}</text>`);
  return [drawn.join(""), top + style.line * lines.length];
}

/**
 * One SVG: a title, a sentence, and parts below them. parts: {svg, left, top, width, height}, their places relative to
 * each other. texts: {title, sentence, about, lines}: `about` is not drawn, `lines` is the room of
 * the sentence. colours: {paper, ink}.
 */
function composed(parts, { title, sentence, about, lines = 0 }, { paper, ink }) {
  const width = Math.max(...parts.map((part) => part.left + part.width)), inner = width - EDGE;
  const [heading, below] = textLines(title, inner, EDGE, HEADING, ink);
  const [caption, end] = textLines(sentence, inner, below + 2, SENTENCE, ink);
  const top = Math.max(end, below + 2 + SENTENCE.line * lines) + EDGE / 2;
  const whole = [Math.ceil(width + 2 * EDGE), Math.ceil(top + EDGE + Math.max(...parts.map((part) => part.top + part.height)))];
  const drawn = parts.map(({ svg, left, top: down }) => svg.replace(/^<svg/, `<svg x="${EDGE + left}" y="${top + down}"`));
  return { width: whole[0], height: whole[1], svg:
    `<svg xmlns="${SVG}" width="${whole[0]}" height="${whole[1]}" `
    + `viewBox="0 0 ${whole[0]} ${whole[1]}" role="img"><title>${escaped(title)}</title><desc>${escaped(about)}</desc>`
    + `<rect width="100%" height="100%" fill="${paper}"/>${heading}${caption}${drawn.join("")}</svg>` };
}

/** An SVG painted on a canvas, `scale` times as large. */
async function painted({ svg, width, height }, scale, canvas = document.createElement("canvas")) {
  const image = new Image(), address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    Object.assign(canvas, { width: Math.round(width * scale), height: Math.round(height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  } finally {
    URL.revokeObjectURL(address);
  }
  return canvas;
}

/** A canvas as the bytes of a PNG. */
const png = (canvas) => new Promise((resolve, reject) => {
  canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png");
});

/** How many times larger than on the screen a PNG is. */
const pngScale = (width) => Math.max(2, Math.ceil(PIXELS_ACROSS / width));
