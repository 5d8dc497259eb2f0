// All parts, by the name that Python and the notebooks use.

import { asked } from "./asked.js";
import { boundary } from "./boundary.js";
import { derivatives } from "./derivatives.js";
import { detections } from "./detections.js";
import { duplicates } from "./duplicates.js";
import { kernel } from "./kernel.js";
import { literal } from "./literal.js";
import { pooling } from "./pooling.js";
import { precision } from "./precision.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = {
  asked,
  boundary,
  derivatives,
  detections,
  duplicates,
  kernel,
  literal,
  pooling,
  precision,
};
