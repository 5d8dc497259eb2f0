// All parts, by the name that Python and the notebooks use.

import { asked } from "./asked.js";
import { assignment } from "./assignment.js";
import { boundary } from "./boundary.js";
import { chain } from "./chain.js";
import { derivatives } from "./derivatives.js";
import { detections } from "./detections.js";
import { duplicates } from "./duplicates.js";
import { grouping } from "./grouping.js";
import { helps } from "./helps.js";
import { kernel } from "./kernel.js";
import { learning } from "./learning.js";
import { literal } from "./literal.js";
import { meaningless } from "./meaningless.js";
import { network } from "./network.js";
import { own } from "./own.js";
import { pooling } from "./pooling.js";
import { precision } from "./precision.js";
import { receptive } from "./receptive.js";
import { seeds } from "./seeds.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = {
  asked,
  assignment,
  boundary,
  chain,
  derivatives,
  detections,
  duplicates,
  grouping,
  helps,
  kernel,
  learning,
  literal,
  meaningless,
  network,
  own,
  pooling,
  precision,
  receptive,
  seeds,
};
