// What anywidget loads.

import { render } from "./view/explorer.js";

export default { render };
