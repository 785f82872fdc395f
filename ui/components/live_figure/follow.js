// follow.js: what follows a marker while it is dragged, where a closed form or a table gives it. After the release Python
// sends the same. A follower changes the traces; `at` has their numbers by name.

const FOLLOWERS = { line: followLine, shift: followShift, beta: followBeta, heights: followHeights, density: followDensity,
                    table: followBars, gaussian: followGaussian, two: followTwo, share: followShare };
// What follows in the figures after the first: their traces, those of the first, the settings, a copy of the layout.
const BESIDE = { density: followPlace, table: followJoint, gaussian: followRuler,
                 two: followRuler, share: followRuler };
