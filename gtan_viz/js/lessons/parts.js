// All parts, by the name that Python and the notebooks use.

import { kernel } from "./kernel.js";
import { own } from "./own.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = { kernel, own };
