// "Why did it fire here?": the way from the selected kernel to its detection, in five blocks that
// follow the data. Every number stands as learned and, after a change, as what-if beside it.

import { poolingWeights } from "../method/weights.js";
import { FONT, BOLD, canvasPanel, dashedBox, dot, element, hatch, line } from "./panel.js";
import { classColor, classHatched, shade } from "../state/colors.js";
import { fit, number, plural, seconds, shorten, span } from "../state/text.js";
import { storedSteps } from "../state/opening.js";

const BARS = 14; // classes that are drawn

export function whyPanel(store, { onDetection, onKernel }) {
  const { state } = store;
  const text = new Map(); // key -> [learned node, what-if node]

  function row(key, name, title) {
    const learned = element("td");
    const whatif = element("td", { class: "gx-whatif" });
    text.set(key, [learned, whatif]);
    return element("tr", {}, element("th", { text: name, title, scope: "row" }), learned, whatif);
  }
  const table = (...rows) =>
    element("table", { class: "gx-numbers" }, element("tbody", {}, ...rows));

  // Two paragraphs: only the second one follows a slider.
  const sentences = [element("p"), element("p")];
  const story = element("div", { class: "gx-story" }, ...sentences);
  const members = element("div", { class: "gx-chips" });
  const faded = element("div", { class: "gx-faded" });
  const pooling = canvasPanel(store, {
    label: "Pooling weights over the feature map",
    height: 150,
    deps: ["facts"],
    draw: drawPooling,
  });
  const scores = canvasPanel(store, {
    label: "Class scores",
    height: () => 17 * shownClasses(state).length + 6,
    deps: ["facts"],
    draw: drawScores,
  });
  const boundary = canvasPanel(store, {
    label: "Default boundary, refined boundary and truth",
    height: 78,
    deps: ["facts"],
    draw: drawBoundary,
  });

  const block = (title, note, ...children) =>
    element(
      "section", { class: "gx-block" },
      element("h3", {}, element("span", { text: title }), element("small", { text: note })),
      ...children,
    );
  const head = element(
    "div", { class: "gx-columns" },
    element("span"), element("span", { text: "as learned" }),
    element("span", { class: "gx-whatif", text: "what-if" }),
  );
  const body = element(
    "div", { class: "gx-why-body" },
    head,
    block(
      "1 Kernel", "Eq. 1–3",
      table(
        row("kernel", "kernel"), row("sigma", "σ", "Width of the Gaussian curve"),
        row("width", "width", "Default boundary at scale ratio 1: Eq. 2"),
      ),
      members,
    ),
    block("2 Gaussian pooling", "Eq. 4", pooling.canvas),
    block(
      "3 Class scores", "softmax", scores.canvas,
      table(
        row("class", "class score", "Highest of the action classes"),
        row("overlap", "overlap score", "y_ov: the tIoU the network expects"),
        row("ranking", "product", "Ranking score, Eq. 10"),
      ),
    ),
    block(
      "4 Boundary", "Eq. 5", boundary.canvas,
      table(
        row("ratio", "scale ratio"), row("default", "default"),
        row("offsets", "Δc, Δw", "Predicted offsets of centre and width"),
        row("refined", "refined"),
        row("truth", "tIoU with truth", "Closest truth of the class"),
      ),
    ),
    block(
      "5 soft-NMS", "Eq. 11",
      table(row("before", "score before"), row("after", "score after")), faded,
    ),
  );
  const root = element(
    "section", { class: "gx-card gx-why", "aria-label": "Why did it fire here?" },
    element("h2", { text: "Why did it fire here?" }), story, body,
  );

  function put(key, learned, whatif) {
    const [a, b] = text.get(key);
    if (a.textContent !== learned) a.textContent = learned;
    const other = whatif === undefined || whatif === learned ? "" : whatif;
    if (b.textContent !== other) b.textContent = other;
  }

  function update() {
    const { facts, focus, scene } = state;
    body.hidden = !facts;
    root.classList.toggle("gx-has-whatif", Boolean(facts?.whatif));
    const told = !scene
      ? ["Nothing is open yet."]
      : !focus
        ? ["Click a detection on the timeline or a kernel below it."]
        : !facts
          ? [`At step ${state.step} only sigmas were kept: no features, scores or detections. ` +
            storedSteps(state)]
          : facts.story;
    sentences.forEach((node, i) => {
      if (node.textContent !== (told[i] ?? "")) node.textContent = told[i] ?? "";
    });
    if (!facts) return;
    const { learned: a, whatif: b } = facts;
    const both = (key, of) => put(key, a ? of(a) : "no such kernel", b ? of(b) : undefined);
    both("kernel", (f) => f.name);
    both("sigma", (f) => `${number(f.sigma, 2)} cells, ${seconds(f.sigma * f.cellSeconds, 2)}`);
    both("width", (f) => `${number(f.width, 2)} cells, ${seconds(f.width * f.cellSeconds, 2)}`);
    const missing = "not known";
    both("class", (f) => (f.scores ? number(f.scores[f.label + 1], 3) : missing));
    both("overlap", (f) => (f.overlap === null ? missing : number(f.overlap, 3)));
    both("ranking", (f) => (f.ranking === null ? missing : number(f.ranking, 3)));
    both("ratio", (f) => number(f.ratioValue, 2));
    both("default", (f) => span(f.boundary));
    both("offsets", (f) =>
      f.offsets ? `${number(f.offsets[0], 2)}, ${number(f.offsets[1], 2)}` : missing);
    both("refined", (f) => (f.refined ? span(f.refined) : missing));
    both("truth", (f) => f.truthText);
    both("before", (f) => (f.ranking === null ? missing : number(f.ranking, 3)));
    both("after", (f) => f.after);
    const spoken = `Class scores: ${facts.spoken}`;
    if (scores.canvas.ariaLabel !== spoken) scores.canvas.ariaLabel = spoken;
    updateMembers();
    updateFaded();
  }

  let membersKey = "";
  function updateMembers() {
    const f = state.facts.whatif ?? state.facts.learned;
    const key = f.mixed ? `${f.layer}/${f.window}/${f.members.join()}` : "";
    if (key === membersKey) return;
    membersKey = key;
    members.replaceChildren();
    if (!f.mixed) return;
    members.append(element("span", { text: `mixed from ${plural(f.members.length, "member")}: cells` }));
    for (const cell of f.members.slice(0, 24)) {
      members.append(
        element("button", {
          text: String(cell), class: "gx-chip", title: `Select the kernel of cell ${cell}`,
          onclick: () => onKernel({ window: f.window, layer: f.layer, cell, mixed: false }),
        }),
      );
    }
    if (f.members.length > 24) members.append(element("span", { text: "…" }));
  }

  function updateFaded() {
    const { nms, classes } = state.facts;
    faded.replaceChildren();
    if (!nms) return;
    faded.append(element("p", { text: nms.text }));
    for (const item of nms.by.slice(0, 6)) {
      faded.append(
        element(
          "button", {
            class: "gx-fader", onclick: () => onDetection(item.source, item.label),
            title: "Select that detection",
          },
          element("span", { text: `${shorten(classes[item.label], 22)} ${span(item)}` }),
          element("span", { text: `tIoU ${number(item.iou, 2)}` }),
          element("span", { text: `× ${number(item.factor, 3)}` }),
        ),
      );
    }
    if (nms.by.length > 6) faded.append(element("p", { text: `and ${nms.by.length - 6} more` }));
  }

  store.listen((changed) => {
    if (changed.has("facts")) {
      update();
    }
  });
  return { root, panels: [pooling, scores, boundary], update };
}

// --- the pooling figure -----------------------------------------------------------------------

function drawPooling(ctx, width, height, { facts, colors }) {
  const f = facts?.whatif ?? facts?.learned;
  if (!f) return;
  ctx.font = FONT;
  const { cells, features, valid } = f;
  const center = f.center * cells; // cells
  const reach = Math.max(4, 3.4 * f.sigma);
  const from = Math.max(0, Math.floor(center - reach));
  const to = Math.min(cells, Math.ceil(center + reach));
  const left = 8;
  const right = width - (features ? 40 : 8);
  const per = (right - left) / Math.max(1, to - from);
  const x = (cell) => left + (cell - from) * per;
  const top = 14;
  const floor = features ? 62 : height - 18;
  const other = facts.whatif && facts.learned;

  const weights = poolingWeights(f.pooling, kernelOf(f), cells, valid);
  let peak = 0;
  for (let i = from; i < to; i++) peak = Math.max(peak, weights[i]);
  const old = other
    ? poolingWeights(f.pooling, kernelOf(facts.learned), cells, valid)
    : null;
  if (old) for (let i = from; i < to; i++) peak = Math.max(peak, old[i]);
  const y = (weight) => floor - ((floor - top) * weight) / (peak || 1);

  ctx.fillStyle = colors.muted;
  ctx.fillText(
    cells === 1
      ? "a single cell: nothing to pool"
      : `weight of each cell (highest ${number(peak, 2)})`, left, 6,
  );
  for (let i = from; i < to; i++) {
    ctx.fillStyle = colors.select;
    ctx.globalAlpha = 0.35;
    ctx.fillRect(x(i) + 0.5, y(weights[i]), Math.max(1, per - 1), floor - y(weights[i]));
    ctx.globalAlpha = 1;
    if (old) {
      ctx.strokeStyle = colors.muted;
      line(ctx, x(i), y(old[i]), x(i + 1), y(old[i]));
    }
  }
  if (f.pooling === "gaussian" && cells > 1) {
    const at = Math.round(center - 0.5);
    const gap = (Math.min(Math.max(at, 0), cells - 1) + 0.5 - center) / f.sigma;
    const most = weights[Math.min(Math.max(at, 0), cells - 1)] / Math.exp(-(gap * gap) / 2);
    ctx.strokeStyle = colors.select;
    ctx.lineWidth = 1.75;
    ctx.beginPath();
    for (let px = left; px <= right; px += 1.5) {
      const away = ((px - left) / per + from - center) / f.sigma;
      ctx.lineTo(px, Math.max(4, y(most * Math.exp(-(away * away) / 2))));
    }
    ctx.stroke();
  }
  ctx.strokeStyle = colors.line;
  ctx.lineWidth = 1;
  line(ctx, left, floor + 0.5, right, floor + 0.5);

  const bottom = height - 14;
  if (features) {
    const rows = facts.channels;
    const tall = (bottom - floor - 4) / rows.length;
    rows.forEach(({ channel, most }, r) => {
      const yy = floor + 4 + r * tall;
      for (let i = from; i < to; i++) {
        ctx.fillStyle = shade(features[channel * cells + i] / (most || 1), colors.dark);
        ctx.fillRect(x(i) + 0.5, yy, Math.max(1, per - 1), tall + 0.2);
      }
      if (f.pooled) {
        ctx.fillStyle = shade(f.pooled[channel] / (most || 1), colors.dark);
        ctx.fillRect(right + 14, yy, 22, tall + 0.2);
      }
    });
    ctx.fillStyle = colors.muted;
    ctx.fillText("→", right + 1, (floor + bottom) / 2);
    ctx.textAlign = "center";
    ctx.fillText("Σ", right + 25, floor - 6);
    ctx.textAlign = "left";
  }
  ctx.fillStyle = colors.muted;
  const every = Math.ceil(26 / per);
  ctx.textAlign = "center";
  for (let i = from; i < to; i++) {
    if ((i - from) % every === 0) ctx.fillText(String(i), x(i + 0.5), height - 6);
  }
  ctx.textAlign = "right";
  ctx.fillText("cell", width - 4, height - 6);
  ctx.textAlign = "left";
}

const kernelOf = (f) => ({
  center: f.center, sigma: f.sigma / f.cells, width: f.width / f.cells, cell: f.mixed ? null : f.cell,
});

// --- class scores -----------------------------------------------------------------------------

// All classes where they are few; else the strongest, in a stable order.
function shownClasses({ facts }) {
  const f = facts?.learned ?? facts?.whatif;
  if (!f?.scores) return [0];
  const count = f.scores.length;
  const all = Array.from({ length: count }, (_, i) => i);
  if (count <= BARS) return [...all.slice(1), 0];
  const strength = (i) => Math.max(f.scores[i], facts.whatif?.scores?.[i] ?? 0);
  return [...all.slice(1).sort((i, j) => strength(j) - strength(i)).slice(0, BARS - 2), 0];
}

function drawScores(ctx, width, height, state) {
  const { facts, colors } = state;
  if (!facts) return;
  const { learned: a, whatif: b, classes } = facts;
  const first = a ?? b;
  if (!first.scores) {
    ctx.fillStyle = colors.muted;
    ctx.fillText("Scores are not known.", 8, 10);
    return;
  }
  const left = 146;
  const right = width - 46;
  shownClasses(state).forEach((c, i) => {
    const y = 4 + i * 17;
    const value = (a ?? b).scores[c];
    const best = c - 1 === first.label;
    ctx.font = best ? BOLD : FONT;
    ctx.fillStyle = colors.fg;
    ctx.textAlign = "right";
    ctx.fillText(fit(ctx, c ? classes[c - 1] : "background", left - 14), left - 6, y + 6.5);
    ctx.textAlign = "left";
    ctx.fillStyle = colors.raised;
    ctx.fillRect(left, y, right - left, 12);
    if (a && Number.isFinite(value)) {
      ctx.fillStyle = c ? classColor(colors, c - 1) : colors.muted;
      ctx.fillRect(left, y, Math.max(1, (right - left) * value), b ? 7 : 12);
      if (c && classHatched(colors, c - 1)) {
        ctx.strokeStyle = colors.bg;
        hatch(ctx, left, y, Math.max(1, (right - left) * value), b ? 7 : 12);
      }
    }
    if (b?.scores && Number.isFinite(b.scores[c])) {
      dashedBox(ctx, left, y + 7, Math.max(2, (right - left) * b.scores[c]), 6, colors.whatif);
    }
    ctx.fillStyle = b ? colors.whatif : colors.fg;
    ctx.fillText(number((b ?? a).scores?.[c], 3), right + 6, y + 6.5);
  });
}

// --- boundary -----------------------------------------------------------------------------------

function drawBoundary(ctx, width, height, { facts, colors, scene }) {
  const f = facts?.learned ?? facts?.whatif;
  if (!f) return;
  ctx.font = FONT;
  const all = [facts.learned, facts.whatif].filter(Boolean)
    .flatMap((g) => [g.boundary, g.refined].filter(Boolean));
  const low = Math.min(...all.map((s) => s.start));
  const high = Math.max(...all.map((s) => s.end));
  if (!(high > low)) return;
  const pad = (high - low) * 0.18;
  const left = 58;
  const x = (t) => left + ((t - low + pad) / (high - low + 2 * pad)) * (width - left - 6);
  const lanes = [["truth", 4], ["default", 22], ["refined", 40], ["what-if", 58]];
  ctx.fillStyle = colors.muted;
  ctx.textAlign = "right";
  for (const [name, y] of lanes) {
    if (name !== "what-if" || facts.whatif) ctx.fillText(name, left - 6, y + 6);
  }
  ctx.textAlign = "left";
  const { truth } = scene;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, 0, width - left, height);
  ctx.clip();
  let any = false;
  for (let g = 0; g < truth.count; g++) {
    if (truth.end[g] < low - pad || truth.start[g] > high + pad) continue;
    any = true;
    const wide = x(truth.end[g]) - x(truth.start[g]);
    ctx.fillStyle = classColor(colors, truth.label[g]);
    ctx.fillRect(x(truth.start[g]), 4, wide, 12);
    ctx.fillStyle = colors.truth;
    ctx.fillRect(x(truth.start[g]), 15, wide, 2);
    ctx.fillStyle = colors.fg;
    const from = Math.max(x(truth.start[g]), left);
    const room = Math.min(x(truth.end[g]), width) - from - 6;
    ctx.fillStyle = colors.bg;
    const name = fit(ctx, facts.classes[truth.label[g]], room);
    if (name) {
      const w = ctx.measureText(name).width;
      ctx.globalAlpha = 0.8;
      ctx.fillRect(from + 2, 4.5, w + 4, 10);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colors.fg;
      ctx.fillText(name, from + 4, 10);
    }
  }
  if (!any) {
    ctx.fillStyle = colors.muted;
    ctx.fillText(truth.count ? "no truth here" : "truth is not known", left + 4, 10);
  }
  const bar = ({ start, end }, y, dashed, fill) => {
    if (fill) {
      ctx.fillStyle = fill;
      ctx.fillRect(x(start), y, x(end) - x(start), 12);
    }
    ctx.strokeStyle = dashed ? colors.whatif : colors.fg;
    ctx.setLineDash(dashed ? [3, 2] : []);
    ctx.lineWidth = dashed ? 1.4 : 1;
    ctx.strokeRect(x(start) + 0.5, y + 0.5, x(end) - x(start) - 1, 11);
    ctx.setLineDash([]);
    ctx.fillStyle = colors.fg;
    dot(ctx, x((start + end) / 2), y + 6, 2);
  };
  if (facts.learned) {
    bar(f.boundary, 22, false, null);
    if (f.refined) {
      bar(f.refined, 40, false, classColor(colors, f.label));
      ctx.strokeStyle = colors.muted;
      ctx.lineWidth = 1;
      line(ctx, x(f.boundary.start), 34, x(f.refined.start), 40);
      line(ctx, x(f.boundary.end), 34, x(f.refined.end), 40);
    }
  }
  if (facts.whatif) {
    bar(facts.whatif.boundary, 58, true, null);
    if (facts.whatif.refined) bar(facts.whatif.refined, 58, true, classColor(colors, facts.whatif.label));
  }
  ctx.restore();
}

