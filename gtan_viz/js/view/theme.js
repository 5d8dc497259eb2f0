// Light and dark. Canvases cannot read CSS variables while they draw, so
// the colours are read from the style sheet once per change of theme.

const NAMES = [
  "bg", "panel", "raised", "fg", "muted", "faint", "line", "accent", "accent-soft", "learned",
  "whatif", "select", "truth", "warn", "background",
];

// Who decides: the user's own choice, the notebook (JupyterLab, VS Code), else the system.
export function isDark(choice) {
  if (choice === "light" || choice === "dark") return choice === "dark";
  const body = document.body;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.classList.contains("vscode-dark")) return true;
  if (body.classList.contains("vscode-light")) return false;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function followTheme(root, store) {
  const apply = () => {
    const dark = isDark(store.state.theme);
    root.dataset.theme = dark ? "dark" : "light";
    const style = getComputedStyle(root);
    const colors = { dark, places: store.state.colors.places };
    for (const name of NAMES) {
      const key = name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
      colors[key] = style.getPropertyValue(`--gx-${name}`).trim();
    }
    store.state.colors = colors;
    store.touch("colors");
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", apply);
  const watcher = new MutationObserver(apply);
  watcher.observe(document.body, {
    attributes: true,
    attributeFilter: ["data-jp-theme-light", "class"],
  });
  apply();
  // An element that is not in the page yet has no colours: a notebook that is opened again does that.
  const placed = new ResizeObserver(() => {
    if (!store.state.colors.panel) apply();
  });
  placed.observe(root);
  return {
    apply,
    stop() {
      placed.disconnect();
      system.removeEventListener("change", apply);
      watcher.disconnect();
    },
  };
}
