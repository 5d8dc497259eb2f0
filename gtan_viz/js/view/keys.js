// The keyboard: everything the mouse can do. Keys work while the focus is inside the explorer.

export const KEYS = [
  ["← →", "previous, next kernel of the layer"],
  ["Page Up, Page Down", "layer above, below"],
  ["[ ]", "previous, next training step"],
  ["{ }", "previous, next step with everything"],
  ["n p", "next, previous detection in time"],
  ["N P", "next, previous detection by score"],
  ["t T", "to the next, previous truth"],
  ["m M", "to the next, previous mistake"],
  ["Enter", "to the proposals about the selected truth"],
  ["+ − 0", "zoom in, out, whole recording (also Ctrl and wheel)"],
  ["Shift ← →", "move along the recording"],
  ["f", "zoom to the selection"],
  ["Space", "play or pause the training"],
  ["< >", "selected kernel narrower, wider"],
  [", .", "one step back, forward in the algorithm below"],
  ["g s", "show grouping, soft-NMS"],
  ["r", "reset the what-if"],
  ["Esc", "clear the selection"],
  ["?", "these keys"],
];

/** Where there is a video; they take the place of those above. */
export const VIDEO_KEYS = /** @type {[string, string][]} */ ([
  ["Space", "play or pause the video (Shift Space: the training)"],
  ["j k", "one frame back, forward"],
  ["J K", "slower, faster"],
  ["n p", "to the next, previous detection"],
  ["l", "loop over the selected detection or truth"],
]);

/**
 * Keys by the element that they belong to: a slider keeps those that move it, a button those that
 * press it.
 */
const TAKEN = /** @type {const} */ ([
  ["select, input[type=text], textarea", /^/],
  ["input[type=range]", /^(Arrow|Page|Home|End)/],
  ["input[type=radio]", /^( |Arrow)/],
  ["button, input[type=checkbox], [role=tab], summary", /^( |Enter)$/],
  ["[role=tab]", /^Arrow/],
]);

/** @param {import("../state/actions.js").Actions} act @returns {Record<string, () => void>} */
const actionsOf = (act) => ({
  ArrowLeft: () => act.cell(-1),
  ArrowRight: () => act.cell(1),
  PageUp: () => act.layer(-1),
  PageDown: () => act.layer(1),
  "[": () => act.step(-1),
  "]": () => act.step(1),
  "{": () => act.fullStep(-1),
  "}": () => act.fullStep(1),
  n: () => act.detection(1),
  p: () => act.detection(-1),
  N: () => act.byScore(1),
  P: () => act.byScore(-1),
  "+": () => act.zoom(0.7),
  "=": () => act.zoom(0.7),
  "-": () => act.zoom(1 / 0.7),
  0: () => act.whole(),
  f: () => act.toSelection(),
  " ": () => act.play(),
  "<": () => act.widen(1 / 1.1),
  ">": () => act.widen(1.1),
  j: () => act.frame(-1),
  k: () => act.frame(1),
  J: () => act.speed(-1),
  K: () => act.speed(1),
  t: () => act.jump("truth", 1),
  T: () => act.jump("truth", -1),
  m: () => act.jump("mistake", 1),
  M: () => act.jump("mistake", -1),
  Enter: () => act.proposals(),
  l: () => act.loop(),
  ",": () => act.debug(-1),
  ".": () => act.debug(1),
  g: () => act.tab("grouping"),
  s: () => act.tab("nms"),
  r: () => act.reset(),
  Escape: () => act.clear(),
  "?": () => act.help(),
});

/** @param {HTMLElement} root @param {import("../state/actions.js").Actions} act */
export function listenKeys(root, act) {
  const actions = actionsOf(act);
  const shifted = /** @type {Record<string, () => void>} */ ({
    ArrowLeft: () => act.pan(-1),
    ArrowRight: () => act.pan(1),
    " ": () => act.train(),
  });
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("dialog")) return; // it has keys of its own
    if (TAKEN.some(([selector, keys]) => target.matches(selector) && keys.test(event.key))) return;
    const action = (event.shiftKey && shifted[event.key]) || actions[event.key];
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  });
}
