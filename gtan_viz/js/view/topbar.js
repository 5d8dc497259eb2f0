// What is open, whether it is as learned or a what-if, and what can be taken away from here.

import { CUT_OFF } from "../state/opening.js";
import { clean, shorten } from "../state/text.js";
import { element, say } from "./element.js";
import { KEYS, VIDEO_KEYS } from "./keys.js";
import { stepSlider } from "./step_slider.js";

/** A run by the name of its folder. @param {string | undefined} path */
export const runName = (path) => clean(path?.split(/[/\\]/).findLast(Boolean) ?? "a run");

/**
 * @typedef {{open: (recording: string | null, step: number | null) => Promise<void>,
 *   glide: (step: number) => void,
 *   save: (kind: "png" | "svg") => void, copy: () => void, openFile: (file: File) => void}} Answers
 */

/**
 * @param {Store} store @param {string} run @param {Answers} answers
 * @param {boolean} isOfTwo without what each of two runs has in a bar of its own
 */
export function topBar(store, run, answers, isOfTwo) {
  const code = codeDialog();
  const help = helpDialog(store);
  const root = element(
    "div",
    { class: "gx-bar" },
    element("h1", { class: "gx-brand", text: "GTAN explorer" }),
    ...(isOfTwo ? [] : [whose(run)]),
    recordingChoice(store, answers.open),
    ...origin(store),
    ...(isOfTwo ? [] : stepAndState(store, answers)),
    element("span", { class: "gx-space" }),
    ...(isOfTwo ? [] : [fileButton(answers.openFile), ...takingAway(answers)]),
    themeButton(store),
    element("button", {
      class: "gx-icon",
      text: "?",
      title: "Keys",
      "aria-label": "Keys",
      onclick: () => help.showModal(),
    }),
    code.box,
    help,
  );
  return { root, help: () => help.showModal(), showCode: code.show };
}

/** @param {string} run */
const whose = (run) =>
  element("span", {
    class: "gx-whose",
    text: shorten(runName(run), 32),
    title: clean(run ?? ""),
  });

/** @param {Store} store @param {Answers} answers */
const stepAndState = (store, { open, glide }) => [
  stepChoice(store, open, glide),
  ...whatIsOpen(store),
];

/** @param {Answers} answers */
const takingAway = ({ save, copy }) => [
  button("PNG", "Save the picture as PNG", () => save("png")),
  button("SVG", "Save the picture as SVG", () => save("svg")),
  button("Python", "Copy as Python: the lines that give these numbers", copy),
];

/**
 * What each of two runs has for itself.
 *
 * @param {Store} store @param {string} run its name @param {Answers} answers
 */
export function partBar(store, run, answers) {
  const code = codeDialog();
  const root = element(
    "div",
    { class: "gx-bar" },
    element("h2", { class: "gx-run-name", text: shorten(run, 60), title: clean(run) }),
    ...stepAndState(store, answers),
    element("span", { class: "gx-space" }),
    ...takingAway(answers),
    code.box,
  );
  return { root, showCode: code.show };
}

/** @param {string} text @param {string} title @param {() => void} onclick */
const button = (text, title, onclick) => element("button", { text, title, onclick });

/** Another way than to drop it. @param {(file: File) => void} openFile */
function fileButton(openFile) {
  const input = element("input", {
    type: "file",
    accept: ".safetensors",
    hidden: true,
    onchange() {
      const file = input.files?.[0];
      if (file) openFile(file);
      input.value = ""; // so that the same file can be chosen again
    },
  });
  const title = "Open the file of an Explanation (.safetensors), which may also be dropped here";
  return element(
    "span",
    {},
    button("Open …", title, () => input.click()),
    input,
  );
}

/** @param {Store} store @param {(recording: string, step: null) => Promise<void>} open */
function recordingChoice(store, open) {
  const { state } = store;
  const names = () => state.catalogue.map((entry) => entry.recording);
  const choice = element("select", {
    "aria-label": "Recording",
    async onchange() {
      await open(names()[choice.selectedIndex], null);
      show(); // which may be the one before
    },
  });
  const show = () => {
    choice.value = state.recording === null ? "" : String(names().indexOf(state.recording));
  };
  store.draw(() => {
    choice.replaceChildren(
      ...names().map((name, i) =>
        element("option", { value: String(i), text: shorten(name, 48), title: clean(name) }),
      ),
    );
    show();
  });
  return choice;
}

/** What a recording was for: a word, and what follows from it. @type {Record<string, string[]>} */
const SUBSETS = {
  train: [
    "learned from",
    "A training recording: the network has learned from it, and does better here than elsewhere.",
  ],
  validation: [
    "used to choose",
    "A validation recording: settings were chosen by it, the network has not learned from it.",
  ],
  test: ["never learned from", "A test recording: the network has not seen it while learning."],
  new: [
    "new",
    "Brought by somebody: the network has never seen it, and what happens is not known.",
  ],
};
const SYNTHETIC =
  "Rendered, by the small world: made for seeing how the method works. " +
  "Nothing about real video follows from it.";

/** Whether the network has learned from what is open, and whether it is made up. @param {Store} store */
function origin(store) {
  const { state } = store;
  const subset = element("span", { class: "gx-origin" });
  const made = element("span", { class: "gx-origin", text: "synthetic", title: SYNTHETIC });
  store.draw(() => {
    const header = state.opened?.header;
    const [word, meaning] = SUBSETS[header?.subset ?? ""] ?? ["", ""];
    subset.textContent = word;
    subset.title = meaning;
    subset.hidden = !word;
    subset.classList.toggle("gx-learned", header?.subset === "train");
    // What somebody brought is not of the run's data set.
    const isBrought = header?.subset === "new";
    made.hidden = isBrought || !header?.settings.data.dataset.endsWith("world");
  });
  return [subset, made];
}

/**
 * The steps of the recording that is open; a button each way to the next of which everything was kept.
 *
 * @param {Store} store @param {(recording: string | null, step: number) => void} open
 * @param {(step: number) => void} glide while the hand moves
 */
function stepChoice(store, open, glide) {
  const { state } = store;
  const steps = () => state.allSteps;
  let wanted = 0;
  const choice = stepSlider(store, {
    label: "Training step",
    steps,
    at: () => Math.max(0, steps().indexOf(state.step ?? -1)),
    isOff: () => false,
    move(at) {
      wanted = steps()[at];
      glide(wanted);
    },
    settle: () => open(state.recording, wanted),
  });
  /** @param {string} text @param {string} title @param {() => number | undefined} to */
  const button = (text, title, to) => {
    const one = element("button", {
      class: "gx-icon",
      text,
      title,
      "aria-label": title,
      onclick: () => open(state.recording, to() ?? 0),
    });
    store.draw(() => {
      one.disabled = to() === undefined;
    });
    return one;
  };
  const now = () => state.step ?? 0;
  const where = element("output", { class: "gx-where" });
  const kept = element("span", { class: "gx-kept" });
  const group = element(
    "span",
    { class: "gx-inline gx-steps", role: "group", "aria-label": "Training step" },
    "training",
    button("◂", "Earlier step with everything ({)", () =>
      state.fullSteps.findLast((step) => step < now()),
    ),
    choice,
    button("▸", "Later step with everything (})", () => state.fullSteps.find((s) => s > now())),
    element("span", { class: "gx-two" }, where, kept),
  );
  store.draw(() => {
    if (state.step === null) return;
    say(where, `step ${state.step}`);
    say(kept, state.fullSteps.includes(state.step) ? "everything" : "sigmas only");
  });
  return group;
}

/** @param {Store} store */
function whatIsOpen(store) {
  const { state } = store;
  const badge = element("span", { class: "gx-badge", role: "status" });
  const message = element("span", { class: "gx-message", role: "status" });
  store.draw(() => {
    message.textContent = shorten(state.message || (state.cut ? CUT_OFF : ""), 200);
  });
  let shown = "";
  store.draw(() => {
    const isWhatIf = Boolean(state.whatif);
    if (shown === String(isWhatIf)) return; // a slider's every move comes here
    shown = String(isWhatIf);
    badge.textContent = isWhatIf ? "what-if" : "As learned";
    badge.classList.toggle("gx-on", isWhatIf);
  });
  return [badge, message];
}

/** @param {Store} store */
function themeButton(store) {
  const choice = element("button", {
    class: "gx-icon",
    title: "Light or dark",
    onclick: () => store.set({ theme: store.state.colors.dark ? "light" : "dark" }),
  });
  store.draw(() => {
    const { dark } = store.state.colors;
    choice.textContent = dark ? "☀" : "☾";
    choice.setAttribute("aria-label", dark ? "Use light colours" : "Use dark colours");
  });
  return choice;
}

function codeDialog() {
  const code = element("pre", { tabIndex: 0 });
  const box = element(
    "dialog",
    { class: "gx-dialog" },
    element("h2", { text: "As Python" }),
    code,
    element("button", { text: "Close", onclick: () => box.close() }),
  );
  return {
    box,
    /** @param {string} text */
    show(text) {
      code.textContent = text;
      box.showModal();
    },
  };
}

/** @param {string[][]} keys */
const keyList = (keys) =>
  element(
    "dl",
    {},
    ...keys.flatMap(([key, text]) => [element("dt", { text: key }), element("dd", { text })]),
  );

/** @param {Store} store */
function helpDialog(store) {
  const lists = element("div");
  const box = element(
    "dialog",
    { class: "gx-dialog" },
    element("h2", { text: "Keys" }),
    element("p", { text: "They work while the focus is inside the explorer: click into it once." }),
    lists,
    element("button", { text: "Close", onclick: () => box.close() }),
  );
  store.draw(() => {
    const ofVideo = new Map(store.state.video ? VIDEO_KEYS : []);
    lists.replaceChildren(
      keyList(KEYS.filter(([key]) => !ofVideo.has(key))),
      ...(ofVideo.size ? [element("h2", { text: "The video" }), keyList([...ofVideo])] : []),
    );
  });
  return box;
}
