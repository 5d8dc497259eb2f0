// Holding a file to the schema. Twin of gtan/runs/reading.py, over the same tables
// (gtan/runs/schema.py): what one side refuses, the other does. Nothing is allocated, and no loop
// runs, by a number unchecked.

import { FileError, HALF, isObject, parse, readSafetensors } from "./safetensors.js";
import schema from "./schema.js";

const ALIKE = ["F16", "F32"];

/** @typedef {import('./safetensors.js').SafetensorsFile} SafetensorsFile */
/** @typedef {Record<string, string[]>} Table name -> dtype, shape, rule of the values, group */

/**
 * An Explanation's header and the arrays that the schema names, of any version.
 *
 * @param {ArrayBuffer|ArrayBufferView} buffer a whole file
 * @returns {View}
 * @throws {FileError} saying what does not fit
 */
export function openExplanation(buffer) {
  return open(buffer, schema.format, schema.version, "an Explanation", (document, file) => {
    const header = fit(document, schema.header, "header");
    checkClips(header);
    checkSettings(header.settings);
    const C = header.classes.length;
    /** @type {Record<string, number>} */
    const sizes = { C, B: C + 1, I: header.signal.names.length };
    const arrays = Object.create(null);
    take(arrays, schema.file, "", file, sizes);
    if (sizes.W < 1) throw new FileError("windows.start is empty");
    const table = header.version > 1 ? schema.layer : { ...WITHOUT_TRUTHS, ...schema.version1 };
    const layers = /** @type {LayerHeader[]} */ (header.layers);
    layers.forEach(({ cells, channels, ratios }, index) =>
      take(arrays, table, `layer${index + 1}.`, file, {
        ...sizes,
        T: cells,
        D: channels,
        R: ratios.length,
        O: 1 + (header.settings.kernels.derivatives ?? 0), // E1
      }),
    );
    checkSources(header.layers, arrays, sizes.W);
    return { header, arrays };
  });
}

const WITHOUT_TRUTHS = Object.fromEntries(
  Object.entries(/** @type {Table} */ (schema.layer)).filter(
    ([, [, , , group]]) => group !== "truths",
  ),
);

/**
 * A trace bundle's index and arrays (gtan_viz/explorer/bundle.py): of all N steps, one after
 * another.
 *
 * @param {ArrayBuffer | ArrayBufferView} buffer
 */
export function openTrace(buffer) {
  return open(buffer, schema.traceFormat, schema.traceVersion, "a trace", (document, file) => {
    const index = fit(document, schema.index, "index");
    index.probes.forEach(checkClips);
    checkStarts(index);
    const probes = /** @type {{starts: number[]}[]} */ (index.probes);
    /** @type {Record<string, number>} */
    const sizes = { W: probes.reduce((sum, { starts }) => sum + starts.length, 0) };
    const arrays = Object.create(null);
    take(arrays, { steps: ["I32", "N", "ascending", ""] }, "", file, sizes);
    const layers = /** @type {LayerHeader[]} */ (index.layers);
    layers.forEach(({ cells }, j) =>
      take(arrays, OF_ALL_STEPS, `layer${j + 1}.`, file, { ...sizes, T: cells }),
    );
    return { index, arrays };
  });
}

const OF_ALL_STEPS = Object.fromEntries(
  Object.entries(schema.trace).map(([name, [dtype, shape, ...rest]]) => [
    name,
    [dtype, `N ${shape}`, ...rest],
  ]),
);

/**
 * @template T @param {ArrayBuffer | ArrayBufferView} buffer @param {string} format
 * @param {number} version @param {string} kind
 * @param {(document: any, file: SafetensorsFile) => T} check @returns {T}
 */
function open(buffer, format, version, kind, check) {
  const file = readSafetensors(buffer);
  let document = null;
  try {
    document = parse(file.metadata.gtan);
  } catch {
    throw new FileError(
      "This safetensors file was not written by gtan: it has no readable gtan entry.",
    );
  }
  const found = isObject(document) ? document : {};
  if (found.format !== format)
    throw new FileError(`This file holds ${shown(found.format)}, not ${kind}.`);
  if (typeof found.version === "number" && found.version > version) {
    throw new FileError(
      `This file has version ${found.version}; this explorer reads up to ` +
        `${version}. Update gtan, or write the file again with gtan.explain.`,
    );
  }
  try {
    return check(document, file);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new FileError(`This file is damaged: ${error.message}. Copy or write it again.`);
  }
}

/**
 * A JSON value as the tree (of JSON Schema) wants it, with the defaults of what is missing.
 *
 * @param {any} value @param {any} tree @param {string} name @returns {any}
 */
function fit(value, tree, name) {
  if (tree.anyOf) {
    let first = null;
    for (const one of tree.anyOf) {
      try {
        return fit(value, one, name);
      } catch (fault) {
        first ??= fault;
      }
    }
    throw first;
  }
  if (!is(value, tree)) throw new FileError(`${name} is ${shown(value)}, not ${words(tree)}`);
  if (tree.type === "object") {
    /** @type {Record<string, unknown>} */
    const found = {};
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(tree.properties, key)) {
        throw new FileError(`${name} has ${shown(key)}, which is not known here`);
      }
    }
    for (const [key, one] of Object.entries(/** @type {Record<string, any>} */ (tree.properties))) {
      const there = Object.hasOwn(value, key);
      if (!there && tree.required?.includes(key)) throw new FileError(`${name} has no ${key}`);
      found[key] = fit(there ? value[key] : one.default, one, `${name}.${key}`);
    }
    return found;
  }
  if (tree.type === "array") {
    return /** @type {unknown[]} */ (value).map((item, at) =>
      fit(item, tree.prefixItems?.[at] ?? tree.items, `${name}[${at}]`),
    );
  }
  return value;
}

/**
 * Whether a value is of the tree's type and within its bounds; its parts are another matter.
 *
 * @param {any} value @param {any} tree
 */
function is(value, tree) {
  if (tree.enum) return tree.enum.includes(value);
  const { minimum = -Infinity, maximum = Infinity } = tree;
  switch (tree.type) {
    case "integer":
    case "number":
      return (
        Number.isFinite(value) &&
        (tree.type === "number" || Number.isInteger(value)) &&
        value >= minimum &&
        value <= maximum &&
        value > (tree.exclusiveMinimum ?? -Infinity) &&
        value < (tree.exclusiveMaximum ?? Infinity)
      );
    case "string":
      return (
        typeof value === "string" &&
        !HALF.test(value) &&
        (value.length <= tree.maxLength || [...value].length <= (tree.maxLength ?? Infinity))
      );
    case "array":
      return (
        Array.isArray(value) &&
        value.length >= (tree.minItems ?? 0) &&
        value.length <= (tree.maxItems ?? Infinity)
      );
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    default:
      return typeof value === tree.type;
  }
}

/** @param {any} value */
function shown(value) {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isObject(value)) return "a JSON object";
  const text = String(JSON.stringify(value));
  return text.length <= 60 ? text : `${text.slice(0, 60)} …`;
}

/** @type {Record<string, string>} */
const WORDS = {
  object: "a JSON object",
  array: "a list",
  string: "a text",
  boolean: "true or false",
  null: "null",
  integer: "a whole number",
  number: "a number",
};
/** @type {Record<string, string>} */
const BOUNDS = {
  minimum: "from",
  exclusiveMinimum: "above",
  maximum: "to",
  exclusiveMaximum: "below",
  minItems: "of at least",
  maxItems: "and at most",
  maxLength: "of at most",
};

/** What a tree wants, for a message. @param {any} tree */
function words(tree) {
  if (tree.enum) return `one of ${tree.enum.join(", ")}`;
  const bounds = Object.keys(BOUNDS)
    .filter((key) => key in tree)
    .map((key) => `${BOUNDS[key]} ${tree[key]}`);
  return [WORDS[tree.type], ...bounds].join(" ");
}

/** @param {{duration: number, grid: Grid}} header */
function checkClips({ duration, grid }) {
  if (duration / grid.stride > schema.mostClips) {
    throw new FileError(`duration is more than ${schema.mostClips} times grid.stride`);
  }
}

/**
 * Those of half-overlapping windows, the last one at the recording's end.
 *
 * @param {{window: number, probes: {recording: string, starts: number[]}[]}} index
 */
function checkStarts({ window, probes }) {
  const half = Math.max(1, Math.floor(window / 2));
  probes.forEach(({ starts }, at) => {
    const last = starts.length - 1;
    const short = last * half - starts[last];
    if (
      starts.some((start, n) => n < last && start !== n * half) ||
      !(short >= 0 && short < half)
    ) {
      throw new FileError(`index.probes[${at}].starts are not those of windows of ${window}`);
    }
  });
  if (new Set(probes.map(({ recording }) => recording)).size < probes.length) {
    throw new FileError("index.probes has a recording twice");
  }
}

/**
 * What gtan/settings.py asks of two settings together: whoever changes one changes both.
 *
 * @param {RunSettings} settings
 */
function checkSettings({ kernels, loss }) {
  const start = kernels.initial_width / 2;
  const ceiling = kernels.sigma_unit === "bounded" ? kernels.sigma_ceiling : 1;
  if (kernels.sigma_floor >= start)
    throw new FileError("sigma_floor is not below half the initial_width");
  if (kernels.sigma_unit !== "map" && ceiling <= start) {
    throw new FileError("half the initial_width is not below the largest sigma");
  }
  if (kernels.derivatives && kernels.pooling !== "gaussian") {
    throw new FileError("derivatives are of a Gaussian, and pooling is another");
  }
  if (loss.background >= loss.foreground) throw new FileError("background is not below foreground");
}

/**
 * The arrays of a table, of the right shapes and values, into `arrays`; what they tell into
 * `sizes`.
 *
 * @param {Record<string, Numbers>} arrays @param {Table} table @param {string} prefix
 * @param {SafetensorsFile} file @param {Record<string, number>} sizes
 */
function take(arrays, table, prefix, file, sizes) {
  // What is in any layer has to be in all of them.
  const there = new Set(Object.keys(file.arrays).map((name) => name.slice(name.indexOf(".") + 1)));
  const groups = new Set([""]);
  for (const [name, [, , , group]] of Object.entries(table)) if (there.has(name)) groups.add(group);
  const found = Object.entries(table).filter(([, [, , , group]]) => groups.has(group));
  for (const [name, [dtype, letters]] of found) {
    const shape = file.shapes[prefix + name];
    if (!shape) throw new FileError(`it lacks the array ${prefix}${name}`);
    const axes = letters.split(" ");
    if (shape.length === axes.length) {
      axes.forEach((letter, axis) => {
        // A size of which nothing is there is bounded too.
        if (/^[A-Z]$/.test(letter) && shape[axis] <= file.length) sizes[letter] ??= shape[axis];
      });
    }
    const wanted = axes.map((axis) => sizeOf(axis, sizes));
    const dtypes = ALIKE.includes(dtype) ? ALIKE : [dtype];
    if (String(shape) !== String(wanted) || !dtypes.includes(file.dtypes[prefix + name])) {
      throw new FileError(
        `the array ${prefix}${name} is ${file.dtypes[prefix + name]} [${shape}], ` +
          `not ${dtype} [${wanted}]`,
      );
    }
    arrays[prefix + name] = file.arrays[prefix + name];
  }
  for (const [name, [, , values]] of found)
    checkValues(values, prefix + name, arrays[prefix + name], sizes);
}

/**
 * For example of `K*R+1`; not a count where it cannot be known.
 *
 * @param {string} expression @param {Record<string, number>} sizes
 */
const sizeOf = (expression, sizes) =>
  expression
    .split("+")
    .reduce(
      (sum, term) =>
        sum + term.split("*").reduce((product, x) => product * (sizes[x] ?? Number(x)), 1),
      0,
    );

/**
 * @param {string} values @param {string} name @param {Numbers} array
 * @param {Record<string, number>} sizes
 */
function checkValues(values, name, array, sizes) {
  const [rule, ...rest] = values.split(" ");
  /** @param {number} at @param {string} wanted */
  const refuse = (at, wanted) => {
    throw new FileError(`${name}: number ${at} is ${array[at]}, not ${wanted}`);
  };
  const N = array.length;
  if (rule === "finite") {
    for (let i = 0; i < N; i++) if (!Number.isFinite(array[i])) refuse(i, "finite");
  } else if (rule === "known") {
    for (let i = 0; i < N; i++) if (Number.isNaN(array[i])) refuse(i, "a number");
  } else if (rule === "unsigned") {
    for (let i = 0; i < N; i++) if (array[i] < 0) refuse(i, "0 or more");
  } else if (rule === "spans") {
    for (let i = 0; i < N; i++) {
      if (!Number.isFinite(array[i])) refuse(i, "finite");
      if (i % 2 && array[i] < array[i - 1]) refuse(i, "an end that is not before its start");
    }
  } else if (rule === "in") {
    const low = Number(rest[0]);
    const ends = rest.slice(1).map((end) => sizeOf(end, sizes));
    for (let i = 0; i < N; i++) {
      const end = ends[i % ends.length];
      if (!(array[i] >= low && array[i] < end)) refuse(i, `from ${low} to ${end - 1}`);
    }
  } else if (rule === "ascending") {
    for (let i = 0; i < N; i++)
      if (!(array[i] > (i ? array[i - 1] : -1))) refuse(i, "above the one before");
  } else if (rule === "offsets") {
    const [end, least] = rest.map((size) => sizeOf(size, sizes));
    const order = `0 first, ${end} last, and each at least ${least} above the one before`;
    if (array[0] !== 0) refuse(0, order);
    for (let i = 1; i < N; i++) if (!(array[i] - array[i - 1] >= least)) refuse(i, order);
    if (array[N - 1] !== end) refuse(N - 1, order);
  }
}

/**
 * Each row names a ratio of a kernel of a window of a layer.
 *
 * @param {LayerHeader[]} layers @param {Record<string, Numbers>} arrays @param {number} windows
 */
function checkSources(layers, arrays, windows) {
  const source = arrays["detections.source"];
  for (let at = 0; at < source.length; at += 4) {
    const [window, layer, row, ratio] = source.subarray(at, at + 4);
    const offsets = arrays[`layer${layer}.kernel_offsets`];
    if (
      !(
        layer >= 1 &&
        layer <= layers.length &&
        window >= 0 &&
        window < windows &&
        row >= offsets[window] &&
        row < offsets[window + 1] &&
        ratio >= 0 &&
        ratio < layers[layer - 1].ratios.length
      )
    ) {
      throw new FileError(
        `detections.source: row ${at / 4} is ${[window, layer, row, ratio]}, ` +
          "which is no window, layer, kernel and ratio of this file",
      );
    }
  }
}
