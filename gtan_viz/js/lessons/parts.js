// All parts, by the name that Python and the notebooks use.

import { assignment } from "./assignment.js";
import { helps } from "./helps.js";
import { kernel } from "./kernel.js";
import { learning } from "./learning.js";
import { seeds } from "./seeds.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = { kernel, helps, seeds, assignment, learning };
