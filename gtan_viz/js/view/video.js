// The video above the timeline: the picture with the names of what fires, and beside it what a
// hand can do and what happens now.

import { jumping } from "../state/jumping.js";
import { SPEEDS } from "../state/playhead.js";
import { number } from "../state/text.js";
import { mediaClock } from "./clock.js";
import { element, say } from "./element.js";
import { filmPanel } from "./film.js";
import { detectionText, truthText } from "./hover.js";
import { nameTags, nowList } from "./now.js";

/** @typedef {import("../state/jumping.js").Jump} Jump */

/**
 * Its card, its clock, the film strip for the timeline, and how the rest of the page jumps to times.
 *
 * @param {Store} store @param {import("../state/actions.js").Choose} choose
 */
export function videoParts(store, choose) {
  const picture = videoScreen(store);
  const { clock } = picture;
  const jump = jumping(store, choose, clock.seek);
  return {
    clock,
    jump,
    film: filmPanel(store, clock.learn),
    card: videoCard(store, picture, jump),
  };
}

/** The picture and its clock. @param {Store} store */
function videoScreen(store) {
  const { state } = store;
  const video = element("video", {
    class: "gx-picture",
    muted: true,
    playsInline: true,
    preload: "auto",
    "aria-label": "Video of the recording",
  });
  const clock = mediaClock(store, video);
  video.addEventListener("click", clock.toggle);
  const fault = element("p", { class: "gx-fault", role: "alert", hidden: true });
  video.addEventListener("error", () => {
    fault.hidden = !state.video;
    fault.textContent = `This browser cannot play the video${video.error?.message ? `: ${video.error.message}` : "."}`;
  });
  video.addEventListener("loadedmetadata", () => {
    fault.hidden = true;
    const aspect = video.videoWidth / video.videoHeight || 1;
    video.style.setProperty("--gx-aspect", String(aspect));
  });
  const screen = element("div", { class: "gx-screen" }, video, nameTags(store), fault);
  return { screen, clock };
}

/**
 * @param {Store} store
 * @param {{screen: HTMLElement, clock: import("./clock.js").Clock}} picture
 * @param {Jump} jump
 */
function videoCard(store, { screen, clock }, jump) {
  const { state } = store;
  const card = element(
    "section",
    { class: "gx-card gx-video", "data-panel": "video", "aria-label": "Video", hidden: true },
    screen,
    element(
      "div",
      { class: "gx-watch" },
      element(
        "header",
        { class: "gx-title" },
        element("h2", { text: "Video" }),
        element("label", { class: "gx-inline" }, namesChoice(store), " names on the picture"),
      ),
      element("div", { class: "gx-player" }, ...playing(store, clock), scrubber(store, clock)),
      element(
        "div",
        { class: "gx-jumps" },
        jumps(jump, "detection", "p", "n"),
        jumps(jump, "truth", "T", "t"),
        jumps(jump, "mistake", "M", "m"),
        loopButton(store, clock),
        element("label", { class: "gx-inline" }, "speed ", speedChoice(store)),
      ),
      nowList(store, jump),
      chosenLine(store),
    ),
  );
  store.draw(() => {
    card.hidden = !state.video;
  });
  return card;
}

/** @param {Store} store @param {import("./clock.js").Clock} clock */
function playing(store, clock) {
  const play = element("button", {
    class: "gx-play",
    title: "Space",
    onclick: clock.toggle,
  });
  store.draw(() => {
    const { running } = store.state;
    say(play, running ? "❚❚" : "▶");
    play.setAttribute("aria-label", running ? "Pause the video" : "Play the video");
  });
  /** @param {string} text @param {string} name @param {string} title @param {number} by */
  const frame = (text, name, title, by) =>
    element("button", { text, title, "aria-label": name, onclick: () => clock.frame(by) });
  return [
    play,
    frame("◂|", "One frame back", "one frame back (j)", -1),
    frame("|▸", "One frame forward", "one frame forward (k)", 1),
  ];
}

/** @param {number} time */
const exact = (time) => {
  const minutes = Math.floor(time / 60);
  return `${minutes}:${(time - 60 * minutes).toFixed(2).padStart(5, "0")}`;
};

/** @param {Store} store @param {import("./clock.js").Clock} clock */
function scrubber(store, clock) {
  const { state } = store;
  const scrub = element("input", {
    type: "range",
    min: 0,
    step: 0.1,
    class: "gx-scrub",
    "aria-label": "Time in the video",
    oninput: () => clock.seek(Number(scrub.value)),
  });
  const where = element("output", { class: "gx-where gx-time" });
  const duration = () => state.scene?.duration ?? 0;
  store.draw(() => {
    scrub.max = String(duration());
  });
  store.draw(() => {
    const { time, video } = state;
    if (!video) return;
    scrub.value = String(time);
    scrub.setAttribute("aria-valuetext", `${number(time, 2)} seconds`);
    say(where, `${exact(time)} / ${exact(duration())}`);
  });
  return element("span", { class: "gx-scrubbing" }, scrub, where);
}

/**
 * @param {Jump} jump @param {"detection" | "truth" | "mistake"} kind @param {string} back
 * @param {string} on the key
 */
const jumps = (jump, kind, back, on) =>
  element(
    "span",
    { class: "gx-jump", role: "group", "aria-label": `To a ${kind}` },
    element("button", {
      text: "◀",
      title: `the ${kind} before (${back})`,
      "aria-label": `The ${kind} before`,
      onclick: () => jump.toNext(kind, -1),
    }),
    element("span", { text: kind }),
    element("button", {
      text: "▶",
      title: `the next ${kind} (${on})`,
      "aria-label": `The next ${kind}`,
      onclick: () => jump.toNext(kind, 1),
    }),
  );

/** @param {Store} store @param {import("./clock.js").Clock} clock */
function loopButton(store, clock) {
  const button = element("button", {
    text: "⟲ loop",
    title: "over the selected detection or truth (l)",
    "aria-label": "Loop over the selected detection or truth",
    onclick: clock.loop,
  });
  store.draw(() => button.setAttribute("aria-pressed", String(store.state.looping)));
  return button;
}

/** @param {Store} store */
function speedChoice(store) {
  const choice = element(
    "select",
    {
      "aria-label": "Speed",
      title: "slower, faster (J K)",
      onchange: () => store.set({ speed: Number(choice.value) }),
    },
    ...SPEEDS.map((speed) => element("option", { value: speed, text: `${speed}×` })),
  );
  store.draw(() => {
    choice.value = String(store.state.speed);
  });
  return choice;
}

/** @param {Store} store */
function namesChoice(store) {
  const box = element("input", {
    type: "checkbox",
    onchange: () => store.set({ named: box.checked }),
  });
  store.draw(() => {
    box.checked = store.state.named;
  });
  return box;
}

/** What was jumped to, right or wrong. @param {Store} store */
function chosenLine(store) {
  const line = element("p", { class: "gx-jumped", "aria-live": "polite" });
  store.draw(() => say(line, chosenText(store.state)));
  return line;
}

/** @param {State} state */
function chosenText(state) {
  const { toldScene: scene, hits, chosenTruth, toldFocus: focus } = state;
  if (!scene) return "";
  if (chosenTruth !== null) return `Selected: ${truthText(scene, state, chosenTruth)}`;
  if (!hits || focus?.kind !== "detection" || focus.detection < 0) return "";
  return `Selected: ${detectionText(scene, hits, focus.detection, false)}`;
}
