// The steps of which everything was kept, for a training that plays: between them the detections and the
// "why" panel of the nearest one stay on screen.

const MOST = 12; // views held at once

/** @type {WeakMap<Store, string>} */
const fetching = new WeakMap();

/**
 * Brings them one after another, the nearest first: a notebook's kernel answers one request at a time.
 *
 * @param {Store} store
 * @param {{load: (recording: string | null, step: number) => Promise<View>}} source
 */
export async function fetchPast(store, source) {
  const { recording, fullSteps, step } = store.state;
  if (recording === null || fetching.get(store) === recording) return;
  fetching.set(store, recording);
  const isStill = () => store.state.recording === recording;
  const near = [...fullSteps].sort((a, b) => Math.abs(a - (step ?? 0)) - Math.abs(b - (step ?? 0)));
  try {
    for (const wanted of near.slice(0, MOST)) {
      if (!isStill()) return;
      if (pastOf(store.state).some(({ header }) => header.step === wanted)) continue;
      const view = await source.load(recording, wanted);
      if (isStill()) store.set({ past: [...pastOf(store.state), view] });
    }
  } catch {
    // Those at hand have to do; the next time it is tried again.
  } finally {
    if (fetching.get(store) === recording) fetching.delete(store);
  }
}

/** Of the recording that is open. @param {{past: View[], recording: string | null}} state */
const pastOf = ({ past, recording }) => past.filter(({ header }) => header.recording === recording);

/**
 * The nearest step to one of which only sigmas were kept; null where everything was.
 *
 * @param {{gliding: boolean, opened: ?View, past: View[], recording: string | null,
 *   step: number | null}} state
 * @returns {?View}
 */
export function ghostOf({ gliding, opened, past, recording, step }) {
  if (!gliding || !opened || step === null) return null;
  let nearest = opened;
  for (const view of pastOf({ past, recording })) {
    const far = Math.abs(view.header.step - step);
    if (far < Math.abs(nearest.header.step - step)) nearest = view;
  }
  return nearest;
}

/**
 * What is said wherever something of another step is on screen; empty where nothing is.
 *
 * @param {Pick<State, "ghost" | "step">} state
 */
export const ghostText = ({ ghost, step }) =>
  ghost && ghost.header.step !== step
    ? `step ${ghost.header.step}, the nearest with everything`
    : "";
