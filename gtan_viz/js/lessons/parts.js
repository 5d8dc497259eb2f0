// All parts, by the name that Python and the notebooks use.

import { boundary } from "./boundary.js";
import { derivatives } from "./derivatives.js";
import { kernel } from "./kernel.js";
import { literal } from "./literal.js";
import { pooling } from "./pooling.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = {
  kernel,
  boundary,
  literal,
  pooling,
  derivatives,
};
