// Opening a recording at a training step: from a stored Explanation, or, where there is none, the
// sigmas that the trace holds.

import { readExplanation } from "../model/explanation.js";
import { detectionSelection } from "./focus.js";
import { markForeign, runOf } from "./foreign.js";
import { fetchPast } from "./past.js";
import { shorten } from "./text.js";

const REMEMBERED = 8; // views whose feature maps could not be had

/** What is said where nobody answers. */
export const CUT_OFF =
  "No kernel answers: it was restarted or stopped, or this notebook was only opened. What is on " +
  "screen goes on working; run the cell again for other recordings and steps.";

/** @param {unknown} error */
const wordsOf = (error) => (error instanceof Error ? error.message : String(error));

export class Opener {
  #ticket = 0;
  /** @type {string | null} */
  #home = null; // the run that is explored
  isBusy = false;

  /**
   * @param {Store} store
   * @param {ReturnType<typeof import("./source.js").openSource>} source
   * @param {{opened: (view: View) => void, settled: () => void}} told `opened`: of every view that was
   *   not open before
   */
  constructor(store, source, told) {
    this.store = store;
    this.source = source;
    this.told = told;
  }

  /** @param {string | null} recording */
  entryOf(recording) {
    return this.store.state.catalogue.find((entry) => entry.recording === recording);
  }

  /**
   * The step, or the last one with everything.
   *
   * @param {string | null} recording @param {number | null} step
   */
  async open(recording, step) {
    const ticket = ++this.#ticket;
    const isWanted = () => ticket === this.#ticket;
    this.isBusy = true;
    try {
      await this.#openStep(recording, step, isWanted);
    } catch (error) {
      if (isWanted()) this.store.set({ message: wordsOf(error) });
    } finally {
      if (isWanted()) {
        this.isBusy = false;
        this.told.settled();
      }
    }
  }

  /**
   * @param {string | null} recording @param {number | null} step @param {() => boolean} isWanted
   */
  async #openStep(recording, step, isWanted) {
    const { store } = this;
    const full = this.entryOf(recording)?.steps ?? [];
    const target = step ?? full[full.length - 1];
    if (recording !== store.state.recording) {
      // Truth, signal and windows come from an Explanation, whatever the step.
      const known = full.includes(target) ? target : full[full.length - 1];
      const view = await this.#load(recording, known, `Opening ${shorten(recording, 40)} …`);
      if (!isWanted()) return;
      this.show(view);
      if (known === target) return;
    }
    if (full.includes(target)) {
      const view = await this.#load(recording, target, `Opening step ${target} …`);
      if (isWanted()) this.show(view);
    } else {
      this.showTraced(store.state.trace ? store.state.trace.steps.indexOf(target) : -1, target);
    }
  }

  /** @param {string | null} recording @param {number} step @param {string} message */
  async #load(recording, step, message) {
    const ready = this.source.peek(recording, step);
    if (ready) return ready;
    this.#needKernel();
    this.store.set({ message });
    return this.source.load(recording, step);
  }

  #needKernel() {
    if (this.store.state.cut) throw new Error(CUT_OFF);
  }

  /** @param {View} view */
  show(view, isNew = view.header.recording !== this.store.state.recording) {
    const { store } = this;
    const { state } = store;
    const { step, layers } = view.header;
    this.#home ??= runOf(view);
    store.set({
      opened: view,
      gliding: false,
      message: "",
      layer: Math.min(state.layer, layers.length),
    });
    if (state.trace && state.traced) store.set({ frame: nearestFrame(state.trace.steps, step) });
    if (!isNew || !state.scene) return;
    const { detections, duration } = state.scene;
    const top = detections.count ? detections.score[0] : 0;
    store.set({
      view: [0, duration],
      window: null,
      compare: null,
      chosenTruth: null,
      looping: false,
      score: Math.min(0.1, 0.3 * (top || 0)),
      selection: detections.count ? detectionSelection(state.scene, 0) : null,
    });
    if (detections.count) store.set({ layer: detections.layer[0] });
    this.told.opened(view);
  }

  // A large model's Explanations hold no feature maps: where a what-if needs them, a notebook's
  // kernel is asked. From then on the sliders follow the hand here too.
  async askFeatures() {
    const { store, source } = this;
    const view = store.state.explanation;
    if (!view) return;
    const isStillOpen = () => store.state.explanation === view;
    store.set({ asking: true });
    try {
      this.#needKernel();
      const whole = await source.load(view.header.recording, view.header.step, true);
      if (!isStillOpen()) return;
      this.show(whole);
      this.told.opened(whole);
    } catch (error) {
      store.set({ refused: [...store.state.refused, view].slice(-REMEMBERED) });
      if (isStillOpen()) store.set({ message: `Feature maps: ${wordsOf(error)}` });
    } finally {
      store.set({ asking: false });
    }
  }

  /**
   * A step, or a place between two, of which only sigmas are known.
   *
   * @param {number} frame @param {number | null} step
   */
  showTraced(frame, step) {
    const { store } = this;
    if (frame >= 0 && store.state.tracedScene) {
      if (!store.state.gliding) fetchPast(store, this.source);
      store.set({ gliding: true, frame, message: "" });
    } else if (step !== null) {
      store.set({
        message: `Of step ${step} nothing was kept for this recording. ${storedSteps(store.state)}`,
      });
    }
  }

  /** An Explanation from a file that was dropped onto the page, or chosen. @param {File} file */
  async openFile(file) {
    const { store } = this;
    try {
      const view = this.source.keep(readExplanation(await file.arrayBuffer()));
      if (this.#home !== null && runOf(view) !== this.#home) markForeign(view);
      const { recording, step, duration } = view.header;
      const others = store.state.catalogue.filter((one) => one.recording !== recording);
      const steps = [...new Set([...(this.entryOf(recording)?.steps ?? []), step])];
      store.set({
        catalogue: [...others, { recording, duration, steps: steps.sort((a, b) => a - b) }],
      });
      this.show(view, true);
    } catch (error) {
      store.set({ message: `${shorten(file.name, 40)}: ${wordsOf(error)}` });
    }
  }
}

/** @param {Numbers} steps @param {number} step */
function nearestFrame(steps, step) {
  let best = 0;
  steps.forEach((one, at) => {
    if (Math.abs(one - step) < Math.abs(steps[best] - step)) best = at;
  });
  return best;
}

/** @param {{fullSteps: number[]}} state */
export const storedSteps = ({ fullSteps }) =>
  fullSteps.length ? `Steps with everything: ${fullSteps.join(", ")}.` : "";
