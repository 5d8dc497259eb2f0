// All parts, by the name that Python and the notebooks use.

import { kernel } from "./kernel.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = { kernel };
