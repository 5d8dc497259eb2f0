// A part of the "why" column that folds; what it comes to stays to be read beside its title.

import { element, say } from "./element.js";

/**
 * @param {Store} store
 * @param {string} name of the panel
 * @param {{title: string, note: string, comesTo: (kernel: KernelFacts, facts: Facts) => string}} head
 * @param {...Node} children
 */
export function block(store, name, { title, note, comesTo }, ...children) {
  const { state } = store;
  const result = element("span", { class: "gx-comes" });
  const root = element(
    "details",
    { class: "gx-block", "data-panel": name },
    element(
      "summary",
      {},
      element("h3", { text: title }),
      result,
      element("small", { text: note }),
    ),
    ...children,
  );
  root.addEventListener("toggle", () => {
    const others = state.unfolded.filter((one) => one !== name);
    store.set({ unfolded: root.open ? [...others, name].sort() : others });
  });
  store.draw(() => {
    root.open = state.unfolded.includes(name);
  });
  store.draw(() => {
    const { facts } = state;
    const kernel = facts?.whatif ?? facts?.learned;
    say(result, facts && kernel ? comesTo(kernel, facts) : "");
    result.classList.toggle("gx-whatif", Boolean(facts?.whatif));
  });
  return root;
}
