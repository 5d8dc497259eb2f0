// The picture on screen as a file that stands alone: what it is of, what was changed, the panels with
// their titles, units and legends.

import { changesText } from "../state/changes_text.js";
import { UNITS } from "../state/evidence.js";
import { number, plural, shorten, span } from "../state/text.js";
import { BOLD, contextOf, FONT } from "./draw.js";
import { LEGEND_LINE, layLegend } from "./legend_marks.js";
import { EVIDENCE_MARKS, evidenceWords, KERNELS, TIMELINE } from "./legends.js";
import { SvgContext } from "./svg.js";

const GAP = 12;
const EDGE = 16;
const LINE = 16;

/** @typedef {import("./legends.js").Item} Item */
/** @typedef {{title: string, legend: Item[], panel: Panel}} Part */
/** @typedef {{main: import("./panels.js").MainPanels, why: Record<string, Panel>}} Panels */

/** Of the panels that are on screen. @param {State} state @param {Panels} panels */
function partsOf({ layer, evidence, facts }, { main, why }) {
  /** @param {Panel} panel @param {string} title @param {Item[]} [legend] @returns {Part} */
  const part = (panel, title, legend = []) => ({ title, legend, panel });
  const kernel = evidence?.kernel.name ?? (facts?.learned ?? facts?.whatif)?.name ?? "";
  const words = evidence ? evidenceWords(evidence) : {};
  /** @type {Item[]} */
  const marks = EVIDENCE_MARKS.filter((mark) => words[mark]).map((mark) => [mark, words[mark]]);
  const unit = evidence ? UNITS[evidence.explained] : "";
  return {
    main: [
      part(main.signal, "Signal (time: seconds or minutes)"),
      part(main.timeline, "Truth and detections", TIMELINE),
      part(main.strips, "Gaussian kernels (height: width in cells of the layer)", KERNELS),
      part(main.heat, `σ of layer ${layer} while training (cells; diamond: something happened)`),
    ].filter(({ panel }) => panel.width),
    why: [
      part(why.evidence, `What each cell brings (${unit}): ${kernel}`, marks),
      part(why.features, "Feature map: the channels that decide most"),
      part(why.scores, `Class scores (softmax): ${kernel}`),
      part(why.boundary, "Boundary (seconds)"),
    ].filter(({ panel }) => panel.width && panel.height),
  };
}

/**
 * What it is of, and what was changed.
 *
 * @param {State} state @param {string} run its name or the path of its folder
 */
function headOf(state, run) {
  const { recording, step, view, tiou, score, results, whatResults, ghostNote, opened } = state;
  const name = run.replace(/\/+$/, "").split("/").pop();
  const subset = opened ? subsetText(opened.header) : "";
  const title = `${name ? `${shorten(name, 60)} · ` : ""}${shorten(recording ?? "", 60)}${subset} · step ${step}`;
  const changed = changesText(state);
  const counts = [
    [results, changed ? "as learned" : ""],
    [whatResults, "what-if"],
  ];
  const told = counts.map(([one, which]) =>
    countsText(/** @type {?Results} */ (one), String(which)),
  );
  return {
    title,
    lines: [
      changed
        ? `What-if (dashed) beside as learned: ${changed}.`
        : "As learned: nothing is changed.",
      `${span({ start: view[0], end: view[1] })} of ${number(state.scene?.duration ?? 0, 1)} s. ` +
        `At tIoU ${number(tiou, 2)} and least score ${number(score, 2)}` +
        `${ghostNote && `, detections of ${ghostNote}`}: ${told.filter(Boolean).join("; ")}.`,
    ],
  };
}

/** @param {Header} header */
function subsetText({ subset, settings }) {
  const isMadeUp = subset !== "new" && settings.data.dataset.endsWith("world");
  const words = [subset && `${subset} recording`, isMadeUp && "synthetic"].filter(Boolean);
  return words.length ? ` (${words.join(", ")})` : "";
}

/** @param {?Results} results @param {string} which */
function countsText(results, which) {
  if (!results) return "";
  const { shown, hits, duplicates, wrongLabel, background, missed, mAP } = results;
  const counts =
    mAP === null
      ? plural(shown, "detection")
      : `${plural(hits, "hit")}, ${plural(duplicates, "duplicate")}, ${wrongLabel} of a wrong label, ` +
        `${background} on background, ${missed} missed, mAP ${number(mAP, 3)}`;
  return which ? `${which} ${counts}` : counts;
}

/** @param {Ctx} ctx @param {string} text @param {number} width @returns {string[]} */
function wrapped(ctx, text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (ctx.measureText(longer).width <= width || !lines[lines.length - 1]) {
      lines[lines.length - 1] = longer;
    } else lines.push(word);
  }
  return lines;
}

/** @typedef {{top: number, lines: string[], part: Part}} Placed */
/** @typedef {{width: number, height: number, title: string[], lines: string[],
 *   columns: {left: number, placed: Placed[]}[]}} Layout */

/**
 * The panels of the time axis in one column, those of the "why" column with their story beside them.
 *
 * @param {Ctx} ctx for measuring @param {State} state @param {Panels} panels @param {string} run
 * @returns {Layout}
 */
function layoutOf(ctx, state, panels, run) {
  const { main, why } = partsOf(state, panels);
  /** @param {Part[]} parts */
  const widest = (parts) => Math.max(0, ...parts.map(({ panel }) => panel.width));
  const [wide, beside] = [widest(main), widest(why)];
  const width = 2 * EDGE + wide + (beside ? 2 * GAP + beside : 0);
  const head = headOf(state, run);
  ctx.font = BOLD;
  const title = wrapped(ctx, head.title, width - 2 * EDGE);
  ctx.font = FONT;
  const lines = head.lines.flatMap((text) => wrapped(ctx, text, width - 2 * EDGE));
  const top = EDGE + (title.length + lines.length) * LINE + GAP;
  let height = top;
  /** @param {Part[]} parts @param {number} left @param {string} story */
  const column = (parts, left, story) => {
    let at = top;
    const placed = parts.map((part, i) => {
      const { panel, legend } = part;
      const told = i === 0 && story ? wrapped(ctx, story, panel.width) : [];
      const one = { top: at, lines: told, part };
      at += (told.length + 1) * LINE + layLegend(ctx, legend, panel.width) * LEGEND_LINE;
      at += panel.height + GAP;
      return one;
    });
    height = Math.max(height, at);
    return { left, placed };
  };
  const story = state.facts ? state.facts.story.join(" ") : "";
  const columns = [column(main, EDGE, ""), column(why, EDGE + wide + 2 * GAP, story)];
  return { width, height: height + EDGE - GAP, title, lines, columns };
}

/** @param {Ctx} ctx @param {State} state @param {Layout} layout */
function compose(ctx, { colors }, { title, lines, columns }) {
  ctx.textBaseline = "middle";
  let y = EDGE + LINE / 2;
  /** @param {string[]} texts @param {number} x @param {string} font @param {string} color */
  const write = (texts, x, font, color) => {
    ctx.font = font;
    ctx.fillStyle = color;
    for (const text of texts) {
      ctx.fillText(text, x, y);
      y += LINE;
    }
  };
  write(title, EDGE, BOLD, colors.fg);
  write(lines, EDGE, FONT, colors.fg);
  for (const { left, placed } of columns) {
    for (const { top, lines: story, part } of placed) {
      y = top + LINE / 2;
      write(story, left, FONT, colors.fg);
      write([part.title], left, BOLD, colors.fg);
      ctx.font = FONT;
      const at = { colors, x: left, y: y - LINE / 2 };
      const rows = layLegend(ctx, part.legend, part.panel.width, at);
      ctx.save();
      ctx.translate(left, y - LINE / 2 + rows * LEGEND_LINE);
      ctx.font = FONT;
      part.panel.paint(ctx, part.panel.width);
      ctx.restore();
    }
  }
}

/**
 * @param {"svg" | "png"} kind @param {State} state @param {Panels} panels @param {string} run
 * @returns {Promise<Blob | null>}
 */
export function picture(kind, state, panels, run) {
  const canvas = document.createElement("canvas");
  const ctx = contextOf(canvas);
  const layout = layoutOf(ctx, state, panels, run);
  const { width, height } = layout;
  if (kind === "svg") {
    const svg = new SvgContext();
    compose(/** @type {any} */ (svg), state, layout); // as much of a context as the panels use
    const text = svg.document(width, height, state.colors.bg);
    return Promise.resolve(new Blob([text], { type: "image/svg+xml" }));
  }
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  ctx.scale(2, 2);
  ctx.fillStyle = state.colors.bg;
  ctx.fillRect(0, 0, width, height);
  compose(ctx, state, layout);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
