// The picture on screen as a file, and the lines of Python that give its numbers.

import { hasSettings } from "../state/derive.js";
import { shorten } from "../state/text.js";
import { BOLD, contextOf, FONT } from "./draw.js";
import { SvgContext } from "./svg.js";

const GAP = 10;
const EDGE = 16;
const HEAD = EDGE + 18;

/**
 * Title, the panels of the time axis in one column, those of the "why" column beside them.
 *
 * @param {Ctx} ctx @param {State} state @param {Panel[]} main @param {Panel[]} side
 */
function compose(ctx, state, main, side) {
  ctx.font = BOLD;
  ctx.fillStyle = state.colors.fg;
  ctx.textBaseline = "middle";
  const which = state.whatif ? "what-if (dashed) beside as learned" : "as learned";
  ctx.fillText(
    `${shorten(state.recording ?? "", 60)}, training step ${state.step}, ${which}`,
    EDGE,
    EDGE,
  );
  /** @param {Panel[]} panels @param {number} left */
  const column = (panels, left) => {
    let top = HEAD;
    for (const panel of panels) {
      if (!panel.width) continue;
      ctx.save();
      ctx.translate(left, top);
      ctx.font = FONT;
      panel.paint(ctx, panel.width);
      ctx.restore();
      top += panel.height + GAP;
    }
  };
  column(main, EDGE);
  column(side, EDGE + widest(main) + 2 * GAP);
}

/** @param {Panel[]} panels */
const widest = (panels) => Math.max(0, ...panels.map((panel) => panel.width));

/** @param {Panel[]} main @param {Panel[]} side */
function sizeOf(main, side) {
  /** @param {Panel[]} panels */
  const tall = (panels) => panels.reduce((sum, p) => sum + (p.width ? p.height + GAP : 0), 0);
  return {
    width: 2 * EDGE + widest(main) + (widest(side) ? 2 * GAP + widest(side) : 0),
    height: EDGE + HEAD + Math.max(tall(main), tall(side)),
  };
}

/**
 * @param {"svg" | "png"} kind @param {State} state @param {Panel[]} main @param {Panel[]} side
 * @returns {Promise<Blob | null>}
 */
export function picture(kind, state, main, side) {
  const { width, height } = sizeOf(main, side);
  if (kind === "svg") {
    const svg = new SvgContext();
    compose(/** @type {any} */ (svg), state, main, side); // as much of a context as the panels use
    const text = svg.document(width, height, state.colors.bg);
    return Promise.resolve(new Blob([text], { type: "image/svg+xml" }));
  }
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const ctx = contextOf(canvas);
  ctx.scale(2, 2);
  ctx.fillStyle = state.colors.bg;
  ctx.fillRect(0, 0, width, height);
  compose(ctx, state, main, side);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** @param {Blob} blob @param {string} name */
export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {unknown} value @returns {string} */
function python(value) {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value)
      .map(([k, v]) => `${python(k)}: ${python(v)}`)
      .join(", ")}}`;
  }
  return JSON.stringify(value); // a JSON string is a Python string
}

/**
 * @param {State} state
 * @param {string} run the path of its folder, on the stand-alone page its name alone
 */
export function asPython(state, run) {
  const where = state.host === "page" ? "  # the path of the run's folder" : "";
  const opened = `run = gtan.open_run(${run ? python(run) : ""})${where}`;
  const lines = hasSettings(state) ? whatIfLines(state, opened) : learnedLines(state, opened);
  return `${lines.join("\n")}\n`;
}

/** @param {State} state @param {string} opened */
function whatIfLines({ focus, recording, step, settings }, opened) {
  const isKernels = Object.keys(settings).some(
    (name) => !["xi", "rho", "ratio_scale"].includes(name),
  );
  const lines = [
    "import gtan",
    "import gtan_viz",
    "",
    opened,
    `explanation = gtan.explain(run, ${python(recording)}, step=${step}${isKernels ? ", features=True" : ""})`,
    `detections = gtan_viz.what_if(explanation, ${python(settings)})`,
  ];
  if (!focus || focus.whatDetection < 0) return [...lines, "detections"];
  const { window, layer, cell, mixed, ratio } = focus;
  return [
    ...lines,
    `detections.query("window == ${window} and layer == ${layer} and cell == ${cell} and ` +
      `mixed == ${python(mixed)} and ratio == ${ratio}")  # the selected kernel's`,
  ];
}

/** @param {State} state @param {string} opened */
function learnedLines({ focus, recording, step, scene }, opened) {
  const lines = [
    "import gtan",
    "from gtan.detection import class_scores",
    "",
    opened,
    `explanation = gtan.explain(run, ${python(recording)}, step=${step})`,
  ];
  if (focus && focus.detection >= 0) {
    lines.push(`explanation.detections().iloc[${focus.detection}]  # the selected detection`);
  }
  if (focus && focus.row >= 0 && !scene?.traced) {
    const { layer, row, ratio } = focus;
    lines.push(
      `explanation.kernels(${layer}).query("row == ${row}")  # the kernel behind it`,
      `class_scores(explanation.arrays["layer${layer}.logits"][${row}, ${ratio}].astype(float))  # background first`,
      `explanation.arrays["layer${layer}.overlap"][${row}, ${ratio}]  # y_ov`,
    );
  }
  return lines;
}
