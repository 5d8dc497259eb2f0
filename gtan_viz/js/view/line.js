// The line to the kernel: whether anybody answers. What is on screen needs nobody.

const CUT = ".jupyter-widgets-disconnected"; // ipywidgets' mark on a view made without a kernel

/**
 * Follows it in the input `cut`: a kernel that is restarted, a notebook opened without one.
 *
 * @param {HostModel} model @param {HTMLElement} el the view's @param {Store} store
 * @returns {() => void} which stops it
 */
export function followLine(model, el, store) {
  /**
   * anywidget lets a listener be called on ipywidgets' view, of which the model is; one of two runs is the
   * model itself.
   *
   * @this {{model?: {comm_live?: boolean}, comm_live?: boolean} | void}
   */
  function changed() {
    const cut = (this?.model ?? this)?.comm_live === false;
    store.set(cut ? { cut, message: "" } : { cut });
  }
  model.on("comm_live_update", changed);
  store.set({ cut: el.closest(CUT) !== null });
  return () => model.off("comm_live_update", changed);
}
