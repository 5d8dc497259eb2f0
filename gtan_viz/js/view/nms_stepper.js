// Soft-NMS as a debugger (Eq. 11): each step picks the strongest detection left, and fades those of
// its class that overlap it by rho or more, by exp(-tIoU^2 / xi).

import { nmsOf } from "../model/recompute.js";
import { FONT, canvasPanel, dot, element, line } from "./panel.js";
import { stepper } from "./stepper.js";
import { classColor } from "../state/colors.js";
import { clock, fit, number, plural, shorten } from "../state/text.js";

const MOST = 8; // rows of the table

export function nmsStepper(store, { onDetection }) {
  const { state } = store;
  let run = null;

  function refresh() {
    const view = state.whatView ?? state.explanation;
    if (!view || state.scene?.traced || state.tab !== "nms") {
      run = null;
      return;
    }
    if (run?.view === view) return;
    run = { view, ...nmsOf(view) };
    if (state.nmsStep >= run.steps.length) state.nmsStep = Math.max(0, run.steps.length - 1);
  }

  const go = (n) => store.set({ nmsStep: n });
  function toSelected() {
    const { focus } = state;
    if (!run || !focus) return;
    const row = run.view === state.explanation ? focus.row : focus.shownRow;
    const n = run.steps.findIndex(({ pick }) => isSource(run.candidates, pick, focus, row));
    if (n >= 0) go(n);
  }
  function nextFade() {
    let n = state.nmsStep + 1;
    while (run && n < run.steps.length && !run.steps[n].decayed.length) n++;
    if (run && n < run.steps.length) go(n);
  }
  const controls = stepper({
    label: "Soft-NMS",
    count: () => run?.steps.length ?? 0,
    at: () => state.nmsStep,
    go,
    extra: [
      element("button", { text: "fades ▶", title: "the next pick that fades others", onclick: nextFade }),
      element("button", { text: "to the selected", title: "the step that picks the selected detection", onclick: toSelected }),
    ],
  });
  const said = element("p", { class: "gx-said", "aria-live": "polite" });
  const rows = element("tbody");
  const table = element(
    "table", { class: "gx-decays" },
    element(
      "thead", {},
      element("tr", {}, ...["faded", "tIoU", "tIoU² / ξ", "× e^−", "before", "after"].map((text) =>
        element("th", { text, scope: "col" }))),
    ),
    rows,
  );
  const panel = canvasPanel(store, {
    label: "Soft-NMS, step by step",
    height: 190,
    deps: [],
    draw: (ctx, w, h) => draw(ctx, w, h, state, run),
  });
  const root = element(
    "div", { class: "gx-debugger", role: "tabpanel", "aria-label": "Soft-NMS, step by step" },
    element("div", { class: "gx-run" }, controls.root, panel.canvas, said),
    element("div", { class: "gx-algorithm" }, table),
  );

  function update() {
    controls.update();
    const step = run?.steps[state.nmsStep];
    rows.replaceChildren();
    if (!step) {
      said.textContent = !run
        ? "Nothing to suppress: no detections are known at this step."
        : "No detections: nothing to suppress.";
      return;
    }
    const { segments, labels, source } = run.candidates;
    const { rho, xi } = run.view.header.settings.detection;
    const name = (i) =>
      `${shorten(run.view.header.classes[labels[i]], 24)} ${number(segments[2 * i], 1)}–${number(segments[2 * i + 1], 1)} s`;
    said.textContent =
      `Pick ${state.nmsStep + 1}: ${name(step.pick)}, the strongest left, with ${number(step.score, 3)}. ` +
      (step.decayed.length
        ? `${plural(step.decayed.length, "other of its class overlaps", "others of its class overlap")} it by ρ = ${number(rho, 2)} or more and fade (ξ = ${number(xi, 2)}).`
        : `No other of its class overlaps it by ρ = ${number(rho, 2)} or more.`);
    const items = [...step.decayed].sort((a, b) => b.before - a.before);
    for (const item of items.slice(0, MOST)) {
      const where = element("button", {
        class: "gx-link", text: `${number(segments[2 * item.index], 1)}–${number(segments[2 * item.index + 1], 1)} s`,
        title: `Select ${name(item.index)}`,
        onclick: () => onDetection(Array.from(source.slice(4 * item.index, 4 * item.index + 4)), labels[item.index]),
      });
      rows.append(
        element(
          "tr", {}, element("td", {}, where),
          ...[
            number(item.iou, 3), number(item.exponent, 3), number(item.factor, 3),
            number(item.before, 3), number(item.after, 3),
          ].map((text) => element("td", { text })),
        ),
      );
    }
    if (items.length > MOST) {
      rows.append(element("tr", {}, element("td", { text: `and ${items.length - MOST} more`, colSpan: 6 })));
    }
  }

  let idle = 0;
  const watched = ["whatif", "explanation", "scene", "tab"];
  store.listen((changed) => {
    if (state.tab !== "nms") return;
    if (watched.some((name) => changed.has(name))) {
      // The whole history is more work than a slider's frame has time for: wait until it rests.
      clearTimeout(idle);
      idle = setTimeout(() => {
        refresh();
        update();
        panel.redraw();
      }, changed.has("tab") ? 0 : 120);
    }
    if (changed.has("nmsStep")) {
      update();
      panel.redraw();
    }
  });
  return { root, panels: [panel], forward: controls.forward, back: controls.back, get run() { return run; } };
}

export const isSource = ({ source, labels }, i, focus, row) =>
  source[4 * i] === focus.window && source[4 * i + 1] === focus.layer && source[4 * i + 2] === row &&
  source[4 * i + 3] === focus.ratio && (focus.label < 0 || labels[i] === focus.label);

function draw(ctx, width, height, state, run) {
  const { colors } = state;
  ctx.font = FONT;
  const step = run?.steps[state.nmsStep];
  if (!step) return;
  const { segments, labels } = run.candidates;
  const { pick, decayed } = step;
  const start = segments[2 * pick];
  const end = segments[2 * pick + 1];
  const reach = Math.max(2, 1.6 * (end - start));
  const t0 = (start + end) / 2 - reach;
  const t1 = (start + end) / 2 + reach;
  const left = 40;
  const right = width - 10;
  const x = (t) => left + ((t - t0) / (t1 - t0)) * (right - left);
  const top = 12;
  const floor = height - 20;
  const most = Math.max(step.score, ...decayed.map((item) => item.before), 1e-6);
  const y = (score) => floor - (floor - top) * (score / most) * 0.94;

  ctx.textAlign = "right";
  for (const share of [0, 0.5, 1]) {
    ctx.strokeStyle = colors.line;
    ctx.lineWidth = 1;
    line(ctx, left, y(share * most), right, y(share * most));
    ctx.fillStyle = colors.muted;
    ctx.fillText(number(share * most, 2), left - 6, y(share * most));
  }
  ctx.textAlign = "center";
  const by = (t1 - t0) / 5;
  for (let k = 0; k <= 5; k++) {
    const t = t0 + k * by;
    if (t >= 0) ctx.fillText(clock(t, by < 1 ? 0.1 : 0.5), Math.min(Math.max(x(t), left + 14), right - 14), height - 8);
  }
  ctx.textAlign = "left";
  ctx.fillText(fit(ctx, "score", 36), 2, 6);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, 0, right - left, height);
  ctx.clip();
  const hue = classColor(colors, labels[pick]);
  ctx.globalAlpha = 0.12;
  ctx.fillStyle = colors.select;
  ctx.fillRect(x(start), top, x(end) - x(start), floor - top);
  ctx.globalAlpha = 1;
  for (const item of decayed) {
    const a = x(segments[2 * item.index]);
    const b = x(segments[2 * item.index + 1]);
    const m = (a + b) / 2;
    ctx.strokeStyle = colors.muted;
    ctx.lineWidth = 1;
    ctx.setLineDash([2, 2]);
    line(ctx, a, y(item.before), b, y(item.before));
    ctx.setLineDash([]);
    ctx.strokeStyle = colors.muted;
    line(ctx, m, y(item.before), m, y(item.after));
    ctx.fillStyle = colors.muted;
    if (y(item.after) - y(item.before) > 5) {
      ctx.beginPath();
      ctx.moveTo(m - 3, y(item.after) - 6);
      ctx.lineTo(m + 3, y(item.after) - 6);
      ctx.lineTo(m, y(item.after) - 1);
      ctx.closePath();
      ctx.fill();
    }
    ctx.fillStyle = hue;
    ctx.globalAlpha = 0.75;
    ctx.fillRect(a, y(item.after) - 1.5, b - a, 3);
    ctx.globalAlpha = 1;
  }
  ctx.fillStyle = hue;
  ctx.fillRect(x(start), y(step.score) - 3, x(end) - x(start), 6);
  ctx.strokeStyle = colors.select;
  ctx.lineWidth = 2;
  ctx.strokeRect(x(start) - 1, y(step.score) - 4, x(end) - x(start) + 2, 8);
  ctx.fillStyle = colors.fg;
  dot(ctx, (x(start) + x(end)) / 2, y(step.score), 2.5);
  ctx.fillText(`pick ${state.nmsStep + 1}`, x(start) + 4, y(step.score) + 13);
  ctx.restore();
}
