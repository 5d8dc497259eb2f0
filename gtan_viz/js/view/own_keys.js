// Keys in a notebook. JupyterLab takes plain keys from whatever has the focus in an output: arrows from a
// slider, Enter from a button. It lets go of what carries this attribute itself; an element above it is
// not enough. Keys with Ctrl, Alt, Shift or Cmd stay the notebook's: saving, running a cell.

const LET_GO = "data-lm-suppress-shortcuts";
const OURS = ".gtan-lesson, .gtan-explorer";

/** Plain keys are ours within what is ours; once a page, before JupyterLab hears of them. */
export function keepPlainKeys() {
  const page = /** @type {{gtanKeepsKeys?: boolean}} */ (globalThis);
  if (page.gtanKeepsKeys) return;
  page.gtanKeepsKeys = true;
  addEventListener(
    "keydown",
    ({ target, ctrlKey, altKey, shiftKey, metaKey }) => {
      if (!(target instanceof Element) || target.matches(OURS) || !target.closest(OURS)) return;
      if (ctrlKey || altKey || shiftKey || metaKey) target.removeAttribute(LET_GO);
      else target.setAttribute(LET_GO, "true");
    },
    true,
  );
}
