// Equations as MathML: the letters, and under them the same with the present numbers.

const MATH = "http://www.w3.org/1998/Math/MathML";

/** @typedef {string | number | Node | (string | number | Node)[]} Term */

/** @param {string} tag @param {...Term} children @returns {MathMLElement} */
export function m(tag, ...children) {
  const node = /** @type {MathMLElement} */ (document.createElementNS(MATH, tag));
  node.append(...children.map(nodeOf));
  return node;
}

/** A letter, a number or an operator by itself, a list in a row. @param {Term} term @returns {Node} */
function nodeOf(term) {
  if (Array.isArray(term)) return m("mrow", ...term);
  if (typeof term === "object") return term;
  const text = String(term).replace("-", "−");
  const tag =
    /^[−\d.∞]+$/.test(text) && text !== "−" ? "mn" : /^[\p{L}]\w*$/u.test(text) ? "mi" : "mo";
  const node = document.createElementNS(MATH, tag);
  node.textContent = text;
  return node;
}

/** @param {Term} above @param {Term} below */
export const fraction = (above, below) => m("mfrac", nodeOf(above), nodeOf(below));
/** @param {Term} base @param {Term} index */
export const sub = (base, index) => m("msub", nodeOf(base), nodeOf(index));
/** @param {Term} base @param {Term} power */
export const sup = (base, power) => m("msup", nodeOf(base), nodeOf(power));
/** e to a power that is a fraction: as an exponent it would be too small to be read. @param {Term} power */
export const exp = (power) => m("mrow", "exp", m("mrow", "(", power, ")"));
/** @param {Term} inside */
export const root = (inside) => m("msqrt", nodeOf(inside));
/** @param {Term} below @param {Term} term */
export const sum = (below, term) =>
  m("mrow", m("munder", nodeOf("∑"), nodeOf(below)), nodeOf(term));
/** Words within a formula. @param {string} words */
export function text(words) {
  const node = document.createElementNS(MATH, "mtext");
  node.textContent = words;
  return node;
}

/** A line of its own. @param {...Term} terms */
export function equation(...terms) {
  const node = m("math", ...terms);
  node.setAttribute("display", "block");
  return node;
}
