// The one bundle: what anywidget loads, and the script of the stand-alone page, which is known by
// the data it holds.

import { startPage } from "./page.js";
import { render } from "./view/explorer.js";
import { keepPlainKeys } from "./view/own_keys.js";
import { renderPair } from "./view/pair.js";

keepPlainKeys();
const index = document.getElementById("gtan-index");
if (index) startPage(index);

/** @type {import("@anywidget/types").AnyWidget} */
const widget = {
  render: (host) => (host.model.get("explorers") ? renderPair(host) : render(host)),
};

export default widget;
