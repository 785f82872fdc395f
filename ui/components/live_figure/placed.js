// placed.js: traces at other places, for what follows a marker while it is dragged, where a closed form gives it. After the release Python sends the same.
//
// A follower changes the traces; `at` has their numbers by name.

/** A trace at other places. */
const placed = (trace, x, y) => ({ ...trace, x, y });

const trueMinus = (text) => text.replace("-", "−");
