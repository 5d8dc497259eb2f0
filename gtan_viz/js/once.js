// What anywidget loads. It imports this text anew for every explorer, and a browser keeps all that it
// has imported; the bundle, 2 MB in memory, is therefore imported here, once a page.

/** @typedef {{default: {render: import("@anywidget/types").Render}}} Bundle */
const page = /** @type {{gtanBundles?: Map<string, Promise<Bundle>>}} */ (globalThis);
page.gtanBundles ??= new Map();
const imported = page.gtanBundles;

/** @param {string} text */
function load(text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const bundle = import(url);
  bundle.then(
    () => URL.revokeObjectURL(url),
    () => imported.delete(text),
  );
  imported.set(text, bundle);
  return bundle;
}

/** @type {import("@anywidget/types").AnyWidget} */
export default {
  async render(host) {
    const text = host.model.get("bundle");
    const bundle = await (imported.get(text) ?? load(text));
    return bundle.default.render(host);
  },
};
