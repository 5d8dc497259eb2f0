// All parts, by the name that Python and the notebooks use.

import { asked } from "./asked.js";
import { detections } from "./detections.js";
import { duplicates } from "./duplicates.js";
import { kernel } from "./kernel.js";
import { precision } from "./precision.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = { asked, detections, duplicates, kernel, precision };
