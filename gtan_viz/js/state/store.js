// The state of the explorer: plain values by name. Whoever draws is told once per frame which names
// changed, so a slider that fires ten times between two frames costs one drawing.

const same = (a, b) => a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));

export function createStore(initial) {
  const state = { ...initial };
  const listeners = [];
  let changed = new Set();
  let frame = 0;
  let flushing = false;

  function flush() {
    cancelAnimationFrame(frame);
    frame = 0;
    if (!changed.size) return;
    // A listener may set more (a new scene follows from a new step): the listeners after it see that
    // in the same pass. So whoever derives is registered before those who draw.
    const now = changed;
    changed = new Set();
    flushing = true;
    for (const listener of listeners) {
      listener(now);
      for (const name of changed) now.add(name);
      changed.clear();
    }
    flushing = false;
  }

  return {
    state,
    set(patch) {
      for (const [name, value] of Object.entries(patch)) {
        if (same(state[name], value)) continue;
        state[name] = value;
        changed.add(name);
      }
      if (changed.size && !frame && !flushing) frame = requestAnimationFrame(flush);
    },
    // For values too large to compare (scenes) and for things that changed inside.
    touch(...names) {
      for (const name of names) changed.add(name);
      if (!frame && !flushing) frame = requestAnimationFrame(flush);
    },
    listen(listener) {
      listeners.push(listener);
    },
    flush,
    stop() {
      cancelAnimationFrame(frame);
      listeners.length = 0;
    },
  };
}
