// restyled.js: a figure's traces and layout with larger text for a lecture hall, or with the colours of paper.

/** A copy with every font and margin enlarged, and the distance of a label from its place. `name`: of the property that holds the value. */
function enlarged(value, scale, name = "") {
  if (scale === 1) return value;
  if (Array.isArray(value)) return value.map((part) => enlarged(part, scale, name));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, isLength(name, key, part)
    ? Math.max(part, key === "size" ? SMALLEST : part) * scale : enlarged(part, scale, key)]));
}

const SMALLEST = 14;   // pixels of text before it is enlarged: also a figure's smaller labels are read from the last row

const isLength = (name, key, part) =>
  typeof part === "number" && ((key === "size" && name.toLowerCase().endsWith("font")) || name === "margin" || key === "yshift");

/** A copy in which every colour of the dark theme is the light theme's. */
function onPaper(value) {
  if (typeof value === "string") return paperColours(value);
  if (Array.isArray(value)) return value.map(onPaper);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, onPaper(part)]));
}

const PAPER_CHANNELS = Object.fromEntries(Object.entries(ON_PAPER).map(([dark, light]) =>
  [channels(dark).join(), channels(light).join()]));

const paperColours = (text) => text
  .replace(/#[0-9a-f]{6}/gi, (found) => ON_PAPER[found.toLowerCase()] ?? found)
  .replace(/rgba\((\d+),\s*(\d+),\s*(\d+),/g, (found, r, g, b) => {
    const light = PAPER_CHANNELS[[r, g, b].join()];
    return light ? `rgba(${light},` : found;
  });

const PIE = 4;                                     // pixels: the radius of a pie
const AXES_ROOM = { width: 62, height: 90 };       // pixels beside the plane, about

/**
 * Pies that are round whatever the shape of the plane. meta.pies: `x` and `y` of the centres, `vertices` of each pie, and
 * `shares`, of the plane's width and height, that the radius was drawn with.
 */
function roundPies(trace, width, height) {
  const { x, y, vertices, shares } = trace.meta.pies;
  const [across, up] = [[width, AXES_ROOM.width], [height, AXES_ROOM.height]]
    .map(([whole, room], axis) => PIE / (shares[axis] * Math.max(whole - room, 1)));
  const scaled = (values, centres, by) => values.map((value, i) => {
    const centre = centres[Math.floor(i / vertices)];
    return centre + (value - centre) * by;
  });
  return { ...trace, x: scaled(trace.x, x, across), y: scaled(trace.y, y, up) };
}
