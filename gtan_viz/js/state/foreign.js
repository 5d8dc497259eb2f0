// Files of another run, dropped onto this one's explorer: this run's training is not theirs.

/** @type {WeakSet<View>} */
const foreign = new WeakSet();

/** What all Explanations of a run have in common. @param {View} view */
export const runOf = (view) => JSON.stringify(view.header.settings);

/** @param {View} view */
export const markForeign = (view) => void foreign.add(view);

/** @param {View} view */
export const isForeign = (view) => foreign.has(view);
