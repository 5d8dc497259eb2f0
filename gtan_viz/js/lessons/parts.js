// All parts, by the name that Python and the notebooks use.

import { chain } from "./chain.js";
import { grouping } from "./grouping.js";
import { kernel } from "./kernel.js";
import { meaningless } from "./meaningless.js";
import { network } from "./network.js";
import { receptive } from "./receptive.js";

/** @type {Record<string, import("./part.js").Part>} */
export const PARTS = {
  kernel,
  grouping,
  chain,
  meaningless,
  network,
  receptive,
};
