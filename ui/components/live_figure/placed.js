// placed.js: what the followers of a dragged marker share.

/** A trace at other places. */
const placed = (trace, x, y) => ({ ...trace, x, y });

const trueMinus = (text) => text.replace("-", "−");
