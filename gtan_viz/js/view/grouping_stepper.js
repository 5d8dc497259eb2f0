// Algorithm 1 as a debugger: the base kernel walks over the cells of one window of the chosen layer,
// and merges with the next kernel where H / L is above epsilon (Figure 3).

import { groupingOf } from "../model/explanation.js";
import { ALGORITHM_1 } from "../method/group.js";
import { FONT, BOLD, canvasPanel, dot, element, hatch, line } from "./panel.js";
import { stepper } from "./stepper.js";
import { number } from "../state/text.js";

const HEIGHT = 196;

export function groupingStepper(store) {
  const { state } = store;
  let run = null; // {view, window, layer, groups, steps}

  function window() {
    return state.focus && state.focus.layer === state.layer ? state.focus.window : state.window ?? 0;
  }

  function refresh() {
    const view = state.whatView ?? state.explanation;
    if (!view || state.scene?.traced || state.tab !== "grouping") {
      run = null;
      return;
    }
    const w = Math.min(window(), view.arrays["windows.start"].length - 1);
    if (run && run.view === view && run.layer === state.layer && run.window === w) return;
    const moved = !run || run.layer !== state.layer || run.window !== w;
    run = { view, layer: state.layer, window: w, ...groupingOf(view, w, state.layer) };
    if (moved || state.groupStep >= run.steps.length) {
      // Start where something happens: at the selected kernel's group, else at the first merge.
      const cell = state.focus?.layer === state.layer ? state.focus.cell : -1;
      let at = run.steps.findIndex((s) => s.merged && s.first <= cell && s.cell >= cell && cell >= 0);
      if (at < 0) at = run.steps.findIndex((s) => s.merged);
      state.groupStep = Math.max(0, at);
    }
  }

  const go = (n) => store.set({ groupStep: n });
  const jump = (direction) => {
    if (!run) return;
    let n = state.groupStep + direction;
    while (n >= 0 && n < run.steps.length && !run.steps[n].merged) n += direction;
    if (n >= 0 && n < run.steps.length) go(n);
  };
  const controls = stepper({
    label: "Grouping",
    count: () => run?.steps.length ?? 0,
    at: () => state.groupStep,
    go,
    extra: [
      element("button", { text: "◀ merge", title: "the merge before", onclick: () => jump(-1) }),
      element("button", { text: "merge ▶", title: "the next merge", onclick: () => jump(1) }),
    ],
  });
  const lines = ALGORITHM_1.map((text) => element("li", { text }));
  const said = element("p", { class: "gx-said", "aria-live": "polite" });
  const panel = canvasPanel(store, {
    label: "Grouping, step by step",
    height: HEIGHT,
    deps: [],
    draw: (ctx, w, h) => draw(ctx, w, h, state, run),
  });
  const root = element(
    "div", { class: "gx-debugger", role: "tabpanel", "aria-label": "Grouping, step by step" },
    element("div", { class: "gx-algorithm" }, element("h3", { text: "Algorithm 1" }), element("ol", {}, ...lines)),
    element("div", { class: "gx-run" }, controls.root, panel.canvas, said),
  );

  function update() {
    controls.update();
    const step = run?.steps[state.groupStep];
    lines.forEach((node, i) => {
      node.classList.toggle("gx-ran", Boolean(step?.lines.includes(i + 1)));
      const current = step?.line === i + 1;
      node.classList.toggle("gx-current", current);
      if (current) node.setAttribute("aria-current", "step");
      else node.removeAttribute("aria-current");
    });
    said.textContent = sentence(state, run, step);
  }

  const show = () => {
    refresh();
    update();
    panel.redraw();
  };
  let idle = 0;
  store.listen((changed) => {
    if (state.tab !== "grouping") return;
    if (["explanation", "scene", "layer", "window", "band", "tab", "groupStep"].some((n) => changed.has(n))) {
      show();
    } else if (changed.has("whatif")) {
      clearTimeout(idle); // not in a slider's frame: once it rests
      idle = setTimeout(show, 60);
    }
  });
  return { root, panels: [panel], forward: controls.forward, back: controls.back, get run() { return run; } };
}

function sentence(state, run, step) {
  if (!run) {
    return state.scene?.traced
      ? "Of this training step only the sigmas were kept; choose one with everything."
      : "Nothing is open yet.";
  }
  const span = run.view.header.window * run.view.header.grid.stride;
  const { epsilon, grouping } = run.view.header.settings.kernels;
  const off = grouping === "off" ? " (This network was trained without grouping.)" : "";
  if (!step) return `Layer ${run.layer} has a single kernel here: nothing to compare.${off}`;
  const numbers =
    `H = ${number(step.intersection * span, 2)} s, L = ${number(step.union * span, 2)} s, ` +
    `H/L = ${number(step.iou, 3)}`;
  const members = step.merged ? `cells ${step.first}–${step.cell} are one kernel now` : "";
  return step.merged
    ? `The base kernel (from cell ${step.first}) against cell ${step.cell}: ${numbers} > ε = ` +
      `${number(epsilon, 2)}, so they merge; ${members}, ${number(step.width * span, 2)} s wide.${off}`
    : `The base kernel (from cell ${step.first}) against cell ${step.cell}: ${numbers} ≤ ε = ` +
      `${number(epsilon, 2)}, so the base kernel goes into G and cell ${step.cell} is the next base.${off}`;
}

function draw(ctx, width, height, state, run) {
  const { colors } = state;
  ctx.font = FONT;
  const step = run?.steps[state.groupStep];
  if (!step) {
    ctx.fillStyle = colors.muted;
    ctx.fillText(run ? "A single kernel: nothing to compare." : "No kernels to group.", 8, 20);
    return;
  }
  const { cells } = run.view.header.layers[run.layer - 1];
  const first = run.view.arrays[`layer${run.layer}.kernel_offsets`][run.window];
  const centers = run.view.arrays[`layer${run.layer}.centers`];
  const widths = run.view.arrays[`layer${run.layer}.widths`];
  const { epsilon } = run.view.header.settings.kernels;
  const c = (fraction) => fraction * cells; // cells

  // A stretch of the map around the step.
  const spanCells = Math.min(cells, Math.max(24, 3 * c(step.union)));
  const middle = c(step.baseCenter);
  const from = Math.min(Math.max(middle - spanCells / 2, -1), Math.max(-1, cells - spanCells + 1));
  const left = 92;
  const right = width - 10;
  const x = (cell) => left + ((cell - from) / spanCells) * (right - left);
  const row = { learned: 30, base: 76, next: 100, union: 126, result: 152 };
  ctx.textAlign = "right";
  ctx.fillStyle = colors.muted;
  for (const [text, y] of [
    ["learned kernels", row.learned], ["base G_bs", row.base], [`G(t, σ) cell ${step.cell}`, row.next],
    ["H, L", row.union], [step.merged ? "merged" : "G so far", row.result],
  ]) {
    ctx.fillText(text, left - 8, y);
  }
  ctx.textAlign = "center";
  const every = Math.max(1, Math.round(spanCells / 16));
  for (let i = Math.max(0, Math.ceil(from)); i < Math.min(cells, from + spanCells); i++) {
    if (i % every === 0) ctx.fillText(String(i), x(i + 0.5), 8);
  }
  ctx.textAlign = "left";

  ctx.save();
  ctx.beginPath();
  ctx.rect(left, 14, right - left, height - 14);
  ctx.clip();
  // All kernels of the map, in three lanes so that neighbours do not hide each other.
  for (let i = 0; i < cells; i++) {
    if (!run.view.arrays[`layer${run.layer}.valid`][run.window * cells + i]) continue;
    const center = c(centers[first + i]);
    const half = c(widths[first + i]) / 2;
    if (center + half < from || center - half > from + spanCells) continue;
    const y = row.learned - 8 + (i % 3) * 8;
    const isBase = i >= step.first && i < step.cell;
    const isNext = i === step.cell;
    ctx.strokeStyle = isNext ? colors.whatif : isBase ? colors.select : colors.muted;
    ctx.lineWidth = isNext || isBase ? 3 : 1.5;
    line(ctx, x(center - half), y, x(center + half), y);
    ctx.fillStyle = ctx.strokeStyle;
    dot(ctx, x(center), y, 2.5, isNext || isBase || i < step.first);
  }
  const bar = (center, w, y, color, fill) => {
    ctx.fillStyle = color;
    ctx.globalAlpha = fill;
    ctx.fillRect(x(center - w / 2), y - 7, x(center + w / 2) - x(center - w / 2), 14);
    ctx.globalAlpha = 1;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.5;
    ctx.strokeRect(x(center - w / 2), y - 7, x(center + w / 2) - x(center - w / 2), 14);
    dot(ctx, x(center), y, 2.5);
  };
  const base = [c(step.baseCenter), c(step.baseWidth)];
  const next = [c(centers[first + step.cell]), c(widths[first + step.cell])];
  bar(...base, row.base, colors.select, 0.25);
  bar(...next, row.next, colors.whatif, 0.25);

  // H is hatched, L is the bracket around both.
  const low = Math.min(base[0] - base[1] / 2, next[0] - next[1] / 2);
  const high = Math.max(base[0] + base[1] / 2, next[0] + next[1] / 2);
  const in0 = Math.max(base[0] - base[1] / 2, next[0] - next[1] / 2);
  const in1 = Math.min(base[0] + base[1] / 2, next[0] + next[1] / 2);
  if (in1 > in0) {
    ctx.strokeStyle = colors.fg;
    ctx.lineWidth = 1;
    hatch(ctx, x(in0), row.base - 7, x(in1) - x(in0), row.union - row.base - 2, 6);
    bracket(ctx, x(in0), x(in1), row.union - 3, "H", colors.fg, colors);
  }
  bracket(ctx, x(low), x(high), row.union + 6, in1 > in0 ? "" : "L", colors.muted, colors);
  if (in1 > in0) {
    ctx.fillStyle = colors.muted;
    ctx.fillText("L", x(high) + 4, row.union + 5);
  }
  if (step.merged) {
    bar(c(step.center), c(step.width), row.result, colors.accent, 0.3);
  } else {
    const done = run.groups.filter((g) => g.members[g.members.length - 1] < step.cell);
    for (const g of done) {
      const center = c(g.center);
      const w = c(g.width);
      if (center + w / 2 < from || center - w / 2 > from + spanCells) continue;
      ctx.strokeStyle = g.members.length > 1 ? colors.accent : colors.muted;
      ctx.lineWidth = g.members.length > 1 ? 4 : 2;
      const y = row.result - 6 + (g.members[0] % 3) * 6;
      line(ctx, x(center - w / 2), y, x(center + w / 2), y);
    }
  }
  ctx.restore();

  // H / L on a gauge, with epsilon on it.
  const y = height - 20;
  const wide = right - left - 86;
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  ctx.fillText("H / L", left - 8, y + 5);
  ctx.textAlign = "left";
  ctx.fillStyle = colors.raised;
  ctx.fillRect(left, y, wide, 10);
  ctx.fillStyle = step.merged ? colors.accent : colors.muted;
  ctx.fillRect(left, y, wide * Math.min(1, step.iou), 10);
  ctx.strokeStyle = colors.fg;
  ctx.lineWidth = 2;
  line(ctx, left + wide * epsilon, y - 4, left + wide * epsilon, y + 13);
  ctx.font = BOLD;
  ctx.fillStyle = colors.fg;
  ctx.textAlign = "center";
  ctx.fillText(`ε ${number(epsilon, 2)}`, left + wide * epsilon, y - 9);
  ctx.textAlign = "left";
  ctx.fillText(`${number(step.iou, 3)} ${step.merged ? "> ε" : "≤ ε"}`, left + wide + 10, y + 5);
  ctx.font = FONT;
}

function bracket(ctx, x0, x1, y, text, color, colors) {
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.2;
  line(ctx, x0, y, x1, y);
  line(ctx, x0, y - 3, x0, y + 3);
  line(ctx, x1, y - 3, x1, y + 3);
  if (!text) return;
  ctx.fillStyle = colors.fg;
  ctx.fillText(text, x1 + 4, y);
}

