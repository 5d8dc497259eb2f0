// The keyboard: everything the mouse can do. Keys work while the focus is inside the explorer.

export const KEYS = [
  ["← →", "previous, next kernel of the layer"],
  ["Page Up, Page Down", "layer above, below"],
  ["[ ]", "previous, next training step"],
  ["{ }", "previous, next step with everything"],
  ["n p", "next, previous detection in time"],
  ["N P", "next, previous detection by score"],
  ["+ − 0", "zoom in, out, whole recording"],
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

export function listenKeys(root, act) {
  const actions = {
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
    ",": () => act.debug(-1),
    ".": () => act.debug(1),
    g: () => act.tab("grouping"),
    s: () => act.tab("nms"),
    r: () => act.reset(),
    Escape: () => act.clear(),
    "?": () => act.help(),
  };
  const listener = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target;
    if (target.matches("select, input[type=text], textarea")) return;
    // A slider keeps the keys that move it, a button those that press it.
    if (target.matches("input[type=range]") && /^(Arrow|Page|Home|End)/.test(event.key)) return;
    if (target.matches("button, input[type=checkbox], [role=tab]") && /^( |Enter)$/.test(event.key)) return;
    if (target.matches("[role=tab]") && /^Arrow/.test(event.key)) return;
    let action = actions[event.key];
    if (event.shiftKey && event.key === "ArrowLeft") action = () => act.pan(-1);
    if (event.shiftKey && event.key === "ArrowRight") action = () => act.pan(1);
    if (!action) return;
    action();
    event.preventDefault();
    event.stopPropagation();
  };
  root.addEventListener("keydown", listener);
}
