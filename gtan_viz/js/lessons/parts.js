// All parts, by the name that Python and the notebooks use.

import { detections } from "./detections.js";
import { duplicates } from "./duplicates.js";
import { kernel } from "./kernel.js";
import { precision } from "./precision.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = { detections, duplicates, kernel, precision };
