// elements.js: elements of the page, and the keys that move things on it.

// Right and down, as pixels count.
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Element with properties and children; strings become text, never markup. */
function make(tag, { dataset = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value);
  }
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** Element of a drawing. */
function makeSvg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Set a text, if it is another one: what a screen reader watches changes only then. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
