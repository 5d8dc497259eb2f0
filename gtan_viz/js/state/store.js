// The state of the explorer, by name: inputs are signals, what follows from them is computed when
// it is read and kept until something that it read has changed. Whoever draws is asked once per
// frame, so a slider that fires ten times between two frames costs one drawing.

import { computed, signal } from "@preact/signals-core";

/** @param {unknown} a @param {unknown} b */
const alike = (a, b) => a === b || JSON.stringify(a) === JSON.stringify(b);

/**
 * @template {object} I
 * @template {object} D
 * @param {I} inputs by name, with their first values
 * @param {{[Name in keyof D]: (state: Readonly<I & D>) => D[Name]}} rules what follows, by name
 * @param {(keyof (I & D))[]} byContent names whose values are small, and may come as equal copies
 */
export function createStore(inputs, rules, byContent = []) {
  const small = new Set(/** @type {PropertyKey[]} */ (byContent));
  const signals = new Map(Object.entries(inputs).map(([name, value]) => [name, signal(value)]));
  const state = /** @type {Readonly<I & D>} */ ({});
  /** @param {string} name @param {{readonly value: unknown}} source */
  const expose = (name, source) =>
    Object.defineProperty(state, name, { get: () => source.value, enumerable: true });
  for (const [name, source] of signals) expose(name, source);
  for (const [name, rule] of Object.entries(rules)) {
    /** @type {unknown} */
    let last;
    expose(
      name,
      computed(() => {
        const value = rule(state);
        if (!(small.has(name) && alike(value, last))) last = value;
        return last;
      }),
    );
  }

  /** @type {(() => void)[]} */
  const drawings = [];
  let frame = 0;
  function soon() {
    frame ||= requestAnimationFrame(flush);
  }
  function flush() {
    cancelAnimationFrame(frame);
    frame = 0;
    for (const drawing of drawings) drawing();
  }

  return {
    state,
    /** @param {Partial<I>} patch */
    set(patch) {
      for (const [name, value] of Object.entries(patch)) {
        const input = signals.get(name);
        if (!input) throw new Error(`no input ${name}`);
        if (!(small.has(name) && alike(input.peek(), value))) input.value = value;
      }
      soon();
    },
    /** @param {() => void} drawing */
    draw(drawing) {
      const drawn = computed(() => {
        try {
          drawing();
        } catch (error) {
          reportError(error); // the others draw all the same
        }
      });
      const ifNeeded = () => drawn.value;
      drawings.push(ifNeeded);
      soon();
      return ifNeeded;
    },
    soon,
    flush,
    stop() {
      cancelAnimationFrame(frame);
      drawings.length = 0;
    },
  };
}
