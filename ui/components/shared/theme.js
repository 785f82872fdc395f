// theme.js: the page's colours, whether it is dark, by the rule whose result Streamlit sends to Python, and its text's size.

const PROBE = document.createElement("canvas").getContext("2d");

/** Red, green and blue (0..255) of any CSS colour. */
function channels(colour) {
  PROBE.fillStyle = "#000000";
  PROBE.fillStyle = colour;
  const hex = PROBE.fillStyle;   // "#rrggbb", or "rgba(...)" of a colour that is not opaque
  if (hex.startsWith("#")) return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return hex.match(/[\d.]+/g).slice(0, 3).map(Number);
}

/** The value of one of the theme's variables at an element. */
function themeValue(element, name, fallback) {
  return getComputedStyle(element).getPropertyValue(`--st-${name}`).trim() || fallback;
}

/** Is the page behind an element dark, that is, is its background's luminance (WCAG) at most a half? */
function isDark(element) {
  const [r, g, b] = channels(themeValue(element, "background-color", "#ffffff")).map((channel) => {
    const share = channel / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b <= 0.5;
}

/** How much larger the text of maps and figures is than on a page, and their height: set by lecture_hall.css. */
const figureScale = () =>
  Number(getComputedStyle(document.documentElement).getPropertyValue("--dgm-figure-scale")) || 1;
