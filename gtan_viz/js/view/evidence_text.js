// The evidence in words: of all cells, and of one.

import { UNITS } from "../state/evidence.js";
import { number, signed } from "../state/text.js";

// What the orders of pooling tell (E1): the mean, a start from an end, a middle from its sides.
const ORDERS = ["mean", "after − before", "sides − middle", "order 3", "order 4"];

/** @param {number[]} values */
const byOrder = (values) =>
  values.map((value, n) => `${ORDERS[n] ?? `order ${n}`} ${signed(value)}`).join(", ");

/** @param {Evidence} evidence */
export function summaryText({ explained, byOrder: parts, bias, sum, wider, narrower, kernel }) {
  const unit = UNITS[explained];
  const total = `${signed(sum)} ${unit}`;
  const added =
    parts.length > 1
      ? `All cells: ${byOrder(parts)}; bias ${signed(bias)}; sum ${total}.`
      : `All cells ${signed(parts[0])}, bias ${signed(bias)}, sum ${total}.`;
  if (explained === "overlap")
    return `${added} ${sigmoidText(kernel)}${sigmaText(wider, narrower, unit)}`;
  return `${added}${sigmaText(wider, narrower, unit)}`;
}

/** @param {KernelFacts} kernel */
const sigmoidText = ({ overlap }) => `The sigmoid makes that ${number(overlap, 3)}.`;

/** @param {?number} wider @param {?number} narrower @param {string} unit */
function sigmaText(wider, narrower, unit) {
  if (wider === null) return "";
  return ` With a σ one quarter larger: ${signed(wider)}; smaller: ${signed(narrower)} ${unit}.`;
}

/** @param {Evidence} evidence @param {number} cell */
export function cellText(evidence, cell) {
  const { brings, alone, weights, says, orders, sum, explained, learned } = evidence;
  const unit = UNITS[explained];
  const parts = says.map((order, n) => order[cell] * orders[n][cell]);
  const before = learned ? ` (as learned ${signed(learned[cell])})` : "";
  return (
    `Cell ${cell} brings ${signed(brings[cell])}${before} of ${signed(sum)} ${unit}` +
    (parts.length > 1 ? `: ${byOrder(parts)}` : "") +
    `. Its weight is ${number(weights[cell], 3)}; alone it would say ${signed(alone[cell])}.`
  );
}
