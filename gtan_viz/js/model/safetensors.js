// The safetensors format: 8 bytes of header length, a JSON header, then the arrays. Twin of
// gtan/runs/reading.py: what one side refuses, the other does.

const LARGEST_HEADER = 100_000_000; // bytes, the format's own bound
export const HALF = /\p{Surrogate}/u; // half a letter: no text has one

/** What is wrong with a file, in words for whoever opened it. */
export class FileError extends Error {
  name = "FileError";
}

/**
 * @typedef {object} SafetensorsFile
 * @property {Record<string, string>} metadata
 * @property {Record<string, Numbers>} arrays those of 64-bit integers hold bigints: no schema has any
 * @property {Record<string, number[]>} shapes
 * @property {Record<string, string>} dtypes
 * @property {number} length
 */

/**
 * @param {ArrayBuffer|ArrayBufferView} buffer a whole file
 * @returns {SafetensorsFile} F16 arrives
 *   as Float32Array; no array shares memory with `buffer` unless its type and place allow it;
 *   `length`: bytes of all arrays
 * @throws {FileError} if it is not a whole safetensors file
 */
export function readSafetensors(buffer) {
  const bytes = asBytes(buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length < 8 ? Infinity : Number(view.getBigUint64(0, true));
  const length = bytes.length - 8 - size;
  if (!(length >= 0 && size <= LARGEST_HEADER)) {
    throw new FileError("This is not a whole safetensors file: its header is cut off.");
  }
  let header = null;
  let text = "";
  try {
    const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    text = utf8.decode(bytes.subarray(8, 8 + size));
    header = parse(text);
  } catch {
    throw new FileError("This is not a safetensors file: its header is not JSON.");
  }
  // Its numbers are counts: JSON.parse alone would take 1.0 and 1e0, which other readers do not.
  if (!isObject(header) || !/^[\s\d{}[\],:]*$/.test(bare(text))) {
    throw new FileError("This is not a safetensors file: its header holds what none does.");
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  if (
    !isObject(metadata) ||
    !Object.values(metadata).every((value) => typeof value === "string") ||
    HALF.test(Object.entries(metadata).flat().join("\n") + Object.keys(entries).join("\n"))
  ) {
    throw new FileError("This safetensors file has a header that cannot be read.");
  }
  const places = Object.entries(entries).map(([name, entry]) => placeOf(name, entry));
  places.sort((a, b) => a.from - b.from || a.to - b.to);
  // Names come from a file, so no prototype to step on.
  const [arrays, shapes, dtypes] = [0, 1, 2].map(() => Object.create(null));
  let end = 0;
  for (const { name, dtype, shape, count, from, to } of places) {
    if (from !== end || to > length) {
      throw new FileError(
        `The array ${name} is cut off, or does not begin where the one before it ends.`,
      );
    }
    arrays[name] = READERS[dtype][1](bytes.buffer, bytes.byteOffset + 8 + size + from, count);
    shapes[name] = shape;
    dtypes[name] = dtype;
    end = to;
  }
  if (end !== length) throw new FileError("This file is cut off, or longer than its header says.");
  return { metadata, arrays, shapes, dtypes, length };
}

/**
 * Where an array begins and ends, of an entry that makes sense.
 *
 * @param {string} name @param {any} entry
 */
function placeOf(name, entry) {
  const { dtype, shape, data_offsets: place } = isObject(entry) ? entry : {};
  if (
    typeof dtype === "string" &&
    dtype in READERS &&
    counts(shape) &&
    counts(place) &&
    place.length === 2 &&
    Object.keys(entry).length === 3
  ) {
    const width = READERS[dtype][0];
    /** @param {number[]} sizes */
    const product = (sizes) => sizes.reduce((a, b) => a * b, 1);
    const count = product(shape);
    const [from, to] = place;
    const most = product(shape.map((/** @type {number} */ size) => Math.max(1, size))) * width;
    if (most < 2 ** 53 && to - from === count * width)
      return { name, dtype, shape, count, from, to };
  }
  throw new FileError(`The array ${name} has an entry in the header that cannot be.`);
}

/** @param {unknown} value */
const counts = (value) =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

/** @param {unknown} value */
export const isObject = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {string} text */
const bare = (text) => text.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, ""); // JSON without its strings

/**
 * JSON.parse, but no key twice in an object: of two it would keep the last without a word.
 *
 * @param {string} text
 */
export function parse(text) {
  const tree = JSON.parse(text);
  /** @param {string} json */
  const keys = (json) => bare(json).split(":").length;
  if (keys(text) !== keys(JSON.stringify(tree))) throw new SyntaxError("a key twice in one object");
  return tree;
}

/**
 * Bytes of an ArrayBuffer, DataView (anywidget's Bytes) or typed array; no copy.
 *
 * @param {ArrayBuffer | ArrayBufferView} buffer @returns {Uint8Array}
 */
export function asBytes(buffer) {
  if (buffer instanceof Uint8Array) return buffer;
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  return new Uint8Array(buffer);
}

/**
 * @typedef {(buffer: ArrayBufferLike, at: number, count: number) => any} Reader of `count` numbers at a byte
 */

/** @param {any} Type of typed array @returns {[number, Reader]} */
const plain = (Type) => [
  Type.BYTES_PER_ELEMENT,
  (buffer, at, count) =>
    at % Type.BYTES_PER_ELEMENT === 0
      ? new Type(buffer, at, count)
      : new Type(buffer.slice(at, at + count * Type.BYTES_PER_ELEMENT)),
];

/** Bytes of a number, and how to read many. @type {Readonly<Record<string, [number, Reader]>>} */
const READERS = Object.freeze(
  Object.assign(Object.create(null), {
    F64: plain(Float64Array),
    F32: plain(Float32Array),
    I32: plain(Int32Array),
    U32: plain(Uint32Array),
    I16: plain(Int16Array),
    U16: plain(Uint16Array),
    I8: plain(Int8Array),
    U8: plain(Uint8Array),
    BOOL: plain(Uint8Array),
    I64: plain(BigInt64Array),
    U64: plain(BigUint64Array),
    F16: [
      2,
      /** @type {Reader} */ ((buffer, at, count) => through(buffer, at, count, halfTable())),
    ],
  }),
);

/**
 * @param {ArrayBufferLike} buffer @param {number} at @param {number} count
 * @param {Float32Array} table
 */
function through(buffer, at, count, table) {
  const raw = new Uint16Array(
    at % 2 === 0 ? buffer : buffer.slice(at, at + 2 * count),
    at % 2 === 0 ? at : 0,
    count,
  );
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = table[raw[i]];
  return values;
}

/** @type {?Float32Array} */
let halves = null;

/** Value of every float16 bit pattern. */
function halfTable() {
  if (halves) return halves;
  halves = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    let value;
    if (exponent === 0) value = fraction * 2 ** -24;
    else if (exponent === 31) value = fraction ? NaN : Infinity;
    else value = (1 + fraction / 1024) * 2 ** (exponent - 15);
    halves[bits] = bits & 0x8000 ? -value : value;
  }
  return halves;
}
