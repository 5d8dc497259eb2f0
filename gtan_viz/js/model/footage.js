// The video of a recording, as its host hands it over: bytes, or the text of an address.

/** @typedef {{of: string, url: string}} Footage */

/**
 * Of the first bytes; Python has looked at them too.
 *
 * @param {DataView} bytes
 */
export const containerOf = (bytes) =>
  bytes.byteLength >= 4 && bytes.getUint32(0) === 0x1a45dfa3 ? "video/webm" : "video/mp4";

/**
 * Follows the traits `video` (bytes), `video_url` and `video_of` (the recording).
 *
 * @param {HostModel} model
 * @param {(footage: ?Footage) => void} changed now, and with every other video
 * @returns {() => void} which stops it
 */
export function followFootage(model, changed) {
  let made = "";
  function take() {
    URL.revokeObjectURL(made); // of the one before
    made = "";
    const of = model.get("video_of") ?? "";
    const bytes = /** @type {?DataView<ArrayBuffer>} */ (model.get("video"));
    if (bytes?.byteLength) {
      made = URL.createObjectURL(new Blob([bytes], { type: containerOf(bytes) }));
    }
    const url = made || (model.get("video_url") ?? "");
    changed(url ? { of, url } : null);
  }
  model.on("change:video_of", take);
  take();
  return () => {
    model.off("change:video_of", take);
    URL.revokeObjectURL(made);
  };
}
