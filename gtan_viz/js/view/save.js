// Files that are taken away, and the lines of Python that give the numbers on screen.

import { hasSettings } from "../state/derive.js";

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
