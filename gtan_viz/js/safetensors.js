// The safetensors format: 8 bytes of header length, a JSON header, then the arrays.

/**
 * @param {ArrayBuffer|ArrayBufferView} buffer a whole file
 * @returns {{metadata: Object<string, string>, arrays: Object<string, ArrayLike<number>>,
 *   shapes: Object<string, number[]>}} F16 and BF16 arrive as Float32Array; no array shares memory
 *   with `buffer` unless its type and place allow it
 * @throws {Error} if it is not a whole safetensors file
 */
export function readSafetensors(buffer) {
  const bytes = asBytes(buffer);
  if (bytes.length < 8) throw new Error('not a safetensors file: too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = Number(view.getBigUint64(0, true));
  const base = 8 + size;
  if (!(base <= bytes.length)) throw new Error('not a whole safetensors file: its header is cut off');
  let header;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, base)));
  } catch {
    throw new Error('not a safetensors file: its header is not JSON');
  }
  const arrays = Object.create(null); // names come from a file, so no prototype to step on
  const shapes = Object.create(null);
  let metadata = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      metadata = entry;
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    if (!(dtype in READERS) || !Array.isArray(shape) || !Array.isArray(offsets)) {
      throw new Error(`safetensors: array ${name} has an entry that cannot be read (${dtype})`);
    }
    const [width, read] = READERS[dtype];
    const count = shape.reduce((a, b) => a * b, 1);
    const [from, to] = offsets;
    if (!(from >= 0 && to <= bytes.length - base && to - from === count * width)) {
      throw new Error(`safetensors: array ${name} is cut off or has the wrong size`);
    }
    arrays[name] = read(bytes.buffer, bytes.byteOffset + base + from, count);
    shapes[name] = shape;
  }
  return { metadata, arrays, shapes };
}

/** Bytes of an ArrayBuffer, DataView (anywidget's Bytes) or typed array; no copy. */
export function asBytes(buffer) {
  if (buffer instanceof Uint8Array) return buffer;
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  return new Uint8Array(buffer);
}

const plain = (Type) => [
  Type.BYTES_PER_ELEMENT,
  (buffer, at, count) =>
    at % Type.BYTES_PER_ELEMENT === 0
      ? new Type(buffer, at, count)
      : new Type(buffer.slice(at, at + count * Type.BYTES_PER_ELEMENT)),
];

const READERS = Object.freeze({
  __proto__: null,
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
  F16: [2, (buffer, at, count) => through(buffer, at, count, halfTable())],
  BF16: [2, (buffer, at, count) => bfloat(buffer, at, count)],
});

function through(buffer, at, count, table) {
  const raw = new Uint16Array(at % 2 === 0 ? buffer : buffer.slice(at, at + 2 * count),
    at % 2 === 0 ? at : 0, count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = table[raw[i]];
  return values;
}

function bfloat(buffer, at, count) {
  const raw = new Uint16Array(buffer.slice(at, at + 2 * count));
  const bits = new Uint32Array(count);
  for (let i = 0; i < count; i++) bits[i] = raw[i] << 16;
  return new Float32Array(bits.buffer);
}

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
