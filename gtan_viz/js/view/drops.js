// Files dropped onto the explorer.

/** @param {HTMLElement} root @param {(file: File) => void} openFile */
export function listenDrops(root, openFile) {
  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("gx-drop");
  });
  root.addEventListener("dragleave", (event) => {
    if (!root.contains(/** @type {?Node} */ (event.relatedTarget)))
      root.classList.remove("gx-drop");
  });
  root.addEventListener("drop", (event) => {
    root.classList.remove("gx-drop");
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    openFile(file);
  });
}
