// placed.js: what the followers of a dragged marker share.

/** A trace at other places. */
const placed = (trace, x, y) => ({ ...trace, x, y });

const trueMinus = (text) => text.replace("-", "−");

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A number to so many digits: a true minus, and a power of ten in place of "e-7"; `written` of written.py does the same. */
function written(value, digits) {
  const [mantissa, power] = value.toExponential(digits - 1).split("e").map(Number);
  if (!power || (power >= -4 && power < digits)) return trueMinus(String(Number(value.toPrecision(digits))));
  const raised = [...String(Math.abs(power))].map((digit) => RAISED[digit]).join("");
  return `${trueMinus(String(mantissa))} × 10${power < 0 ? "⁻" : ""}${raised}`;
}
