// What the explorer stands on in the stand-alone page: a model like anywidget's, and the page's
// data unpacked (gtan_viz/explorer/bundle.py says how it is packed).

/**
 * A model with as much of anywidget's as the explorer uses.
 *
 * @param {Record<string, any>} traits initial values
 * @returns {HostModel}
 */
export function createModel(traits) {
  const values = new Map(Object.entries(traits));
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  const listeners = new Map();
  /** @param {string} event @param {...unknown} args */
  const emit = (event, ...args) => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(...args);
  };
  return {
    get: (name) => values.get(name),
    set(name, value) {
      if (values.get(name) === value) return;
      values.set(name, value);
      emit(`change:${name}`, value);
      emit("change");
    },
    on(event, listener) {
      const known = listeners.get(event) ?? new Set();
      listeners.set(event, known.add(listener));
    },
    off(event = null, listener = null) {
      if (event === null) listeners.clear();
      else if (listener === null) listeners.delete(event);
      else listeners.get(event)?.delete(listener);
    },
    save_changes() {},
  };
}

/**
 * The page's files by number, each unpacked when first asked for.
 *
 * @param {(number: number) => string} textOf base64 text of file `number`
 * @param {Object<number, Object<string, number>>} shared per file: array name -> file that holds it
 * @returns {(number: number) => Promise<Uint8Array>} safetensors bytes
 */
export function createFiles(textOf, shared) {
  /** @type {Map<number, Promise<Uint8Array>>} */
  const unpacked = new Map();
  /** @param {number} number */
  const file = (number) => {
    const found = unpacked.get(number) ?? unpack(textOf(number), shared[number] ?? {}, file);
    unpacked.set(number, found);
    return found;
  };
  return file;
}

/**
 * Undo `Packer.add`: base64, gzip, arrangement, shared arrays.
 *
 * @param {string} text @param {Record<string, number>} shared
 * @param {(number: number) => Promise<Uint8Array>} file
 */
async function unpack(text, shared, file) {
  const bytes = await gunzip(fromBase64(text));
  for (const { name, from, to, shape, width } of entriesOf(bytes)) {
    if (Object.hasOwn(shared, name)) {
      const other = await file(shared[name]);
      const held = entriesOf(other).find((entry) => entry.name === name);
      if (held) bytes.set(other.subarray(held.from, held.to), from);
    } else {
      bytes.set(rearrange(bytes.subarray(from, to), shape, width), from);
    }
  }
  return bytes;
}

/** @type {Record<string, number>} */
const WIDTHS = Object.freeze({
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
});

/** @param {Uint8Array} bytes */
function entriesOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const base = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, base)));
  return Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => ({
        name,
        shape,
        width: WIDTHS[dtype],
        from: base + from,
        to: base + to,
      }),
    );
}

/**
 * Byte planes back into numbers, and the first two of three axes back into their order.
 *
 * @param {Uint8Array} raw @param {number[]} shape @param {number} width
 */
function rearrange(raw, shape, width) {
  const out = new Uint8Array(raw.length);
  const count = raw.length / width;
  const [A, B, C] = shape.length === 3 ? shape : [1, 1, count];
  for (let plane = 0; plane < width; plane++) {
    let at = plane * count;
    for (let b = 0; b < B; b++) {
      for (let a = 0; a < A; a++) {
        let to = (a * B + b) * C * width + plane;
        for (let c = 0; c < C; c++, to += width) out[to] = raw[at++];
      }
    }
  }
  return out;
}

/** Bytes of base64 text. @param {string} text */
export function fromBase64(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Bytes of a gzip stream. @param {Uint8Array<ArrayBuffer>} bytes */
export async function gunzip(bytes) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error(
      "This browser cannot unpack the page: it is from before 2023. Please update it.",
    );
  }
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
