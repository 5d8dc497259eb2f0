// The picture on screen as a file, and the lines of Python that give its numbers.

import { FONT, BOLD } from "./panel.js";
import { SvgContext } from "./svg.js";
import { shorten } from "../state/text.js";

const GAP = 10;
const EDGE = 16;

// Title, the panels of the time axis in one column, those of the "why" column beside them.
function compose(ctx, state, main, side, title) {
  ctx.font = BOLD;
  ctx.fillStyle = state.colors.fg;
  ctx.textBaseline = "middle";
  ctx.fillText(title, EDGE, EDGE);
  const column = (panels, left) => {
    let top = EDGE + 18;
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
  column(side, EDGE + Math.max(...main.map((panel) => panel.width)) + 2 * GAP);
}

const sizeOf = (main, side) => {
  const tall = (panels) => panels.reduce((sum, p) => sum + (p.width ? p.height + GAP : 0), 0);
  const wide = (panels) => Math.max(0, ...panels.map((p) => p.width));
  return {
    width: 2 * EDGE + wide(main) + (wide(side) ? 2 * GAP + wide(side) : 0),
    height: 2 * EDGE + 18 + Math.max(tall(main), tall(side)),
  };
};

export function picture(kind, state, main, side) {
  const { width, height } = sizeOf(main, side);
  const title =
    `${shorten(state.recording ?? "", 60)}, training step ${state.step}` +
    (state.whatif ? ", what-if (dashed) beside as learned" : ", as learned");
  if (kind === "svg") {
    const ctx = new SvgContext();
    compose(ctx, state, main, side, title);
    return Promise.resolve(
      new Blob([ctx.document(width, height, state.colors.bg)], { type: "image/svg+xml" }));
  }
  const canvas = document.createElement("canvas");
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  const ctx = canvas.getContext("2d");
  ctx.scale(2, 2);
  ctx.fillStyle = state.colors.bg;
  ctx.fillRect(0, 0, width, height);
  compose(ctx, state, main, side, title);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const python = (value) => {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([k, v]) => `${python(k)}: ${python(v)}`).join(", ")}}`;
  }
  return JSON.stringify(value); // a JSON string is a Python string
};

// `run` is the path of its folder, on the stand-alone page its name alone.
export function asPython(state, run) {
  const { focus, recording, step, settings } = state;
  const where = state.host === "page" ? "  # the path of the run's folder" : "";
  const opened = [`run = gtan.open_run(${run ? python(run) : ""})${where}`];
  const changed = Object.keys(settings).length > 0;
  if (changed) {
    const kernels = Object.keys(settings).some((name) => !["xi", "rho", "ratio_scale"].includes(name));
    const lines = [
      "import gtan", "import gtan_viz", "", ...opened,
      `explanation = gtan.explain(run, ${python(recording)}, step=${step}${kernels ? ", features=True" : ""})`,
      `detections = gtan_viz.what_if(explanation, ${python(settings)})`,
    ];
    if (focus && focus.whatDetection >= 0) {
      const { window, layer, cell, mixed, ratio } = focus;
      lines.push(
        `detections.query("window == ${window} and layer == ${layer} and cell == ${cell} and ` +
          `mixed == ${python(mixed)} and ratio == ${ratio}")  # the selected kernel's`,
      );
    } else {
      lines.push("detections");
    }
    return `${lines.join("\n")}\n`;
  }
  const lines = ["import gtan", "from gtan.detection import class_scores", "", ...opened];
  lines.push(`explanation = gtan.explain(run, ${python(recording)}, step=${step})`);
  if (focus && focus.detection >= 0) {
    lines.push(`explanation.detections().iloc[${focus.detection}]  # the selected detection`);
  }
  if (focus && focus.row >= 0 && !state.scene.traced) {
    lines.push(
      `explanation.kernels(${focus.layer}).query("row == ${focus.row}")  # the kernel behind it`,
      `class_scores(explanation.arrays["layer${focus.layer}.logits"][${focus.row}, ${focus.ratio}].astype(float))  # background first`,
      `explanation.arrays["layer${focus.layer}.overlap"][${focus.row}, ${focus.ratio}]  # y_ov`,
    );
  }
  return `${lines.join("\n")}\n`;
}
