// @ts-check
// CBOR as this project allows it: one encoding for each value, nothing else read.
// Integers of 64 bits (over 2^53 as bigint), bytes, text, arrays, maps with unsigned
// keys in rising order, true, false, null.
import { big, join, octets, utf8, words } from "./bytes.js";
import { MalformedError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** What a document may hold; items are values again. @typedef {null | boolean | number | bigint | string | Bytes | unknown[] | Items} Value */
/** @typedef {Map<number, unknown>} Items */

const NESTING_MOST = 16;
const [UINT, NINT, BYTES, TEXT, ARRAY, MAP] = [0, 1, 2, 3, 4, 5];
/** @type {Map<number, null | boolean>} */
const SIMPLE = new Map([[0xf4, false], [0xf5, true], [0xf6, null]]);

/** @param {number} major @param {number | bigint} argument @returns {Bytes} */
function head(major, argument) {
  const first = major << 5;
  if (argument < 24) return octets(first | Number(argument));
  if (argument < 0x100) return octets(first | 24, Number(argument));
  if (argument < 0x10000) return join(octets(first | 25), big(Number(argument), 2));
  if (argument < 0x100000000) return join(octets(first | 26), big(Number(argument), 4));
  const wide = BigInt(argument);
  if (wide >= 1n << 64n) throw new MalformedError("an integer of more than 64 bits");
  const high = big(Number(wide >> 32n), 4);
  return join(octets(first | 27), high, big(Number(wide & 0xffffffffn), 4));
}

/** @param {number | bigint} value @returns {Bytes} */
function integer(value) {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new MalformedError("not a whole number");
  }
  return value >= 0 ? head(UINT, value) : head(NINT, -1n - BigInt(value));
}

/** @param {unknown} value @returns {value is Bytes} */
export function isBytes(value) {
  return value instanceof Uint8Array;
}

/** @param {unknown} value @param {number} depth @returns {Bytes} */
function written(value, depth) {
  if (value === null || typeof value === "boolean") {
    return octets(value === null ? 0xf6 : value ? 0xf5 : 0xf4);
  }
  if (typeof value === "number" || typeof value === "bigint") return integer(value);
  if (isBytes(value)) return join(head(BYTES, value.length), value);
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw new MalformedError("text that is not Unicode");
    const text = utf8(value);
    return join(head(TEXT, text.length), text);
  }
  if (depth >= NESTING_MOST) throw new MalformedError("nested too deep");
  if (Array.isArray(value)) {
    return join(head(ARRAY, value.length), ...value.map((one) => written(one, depth + 1)));
  }
  if (!(value instanceof Map)) throw new MalformedError("a value that has no place here");
  const keys = [...value.keys()].sort((one, other) => one - other);
  const parts = keys.flatMap((key) => {
    if (!Number.isSafeInteger(key) || key < 0) throw new MalformedError("keys are unsigned integers");
    return [head(UINT, key), written(value.get(key), depth + 1)];
  });
  return join(head(MAP, keys.length), ...parts);
}

/** Encode; throws `MalformedError` for what the format has no place for. @param {unknown} value */
export function encode(value) {
  return written(value, 0);
}

/** A position in bytes that are read item by item. */
class Reader {
  /** @param {Bytes} data */
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  /** @param {number} size @returns {Bytes} */
  take(size) {
    const end = this.at + size;
    if (end > this.data.length) throw new MalformedError("ends too early");
    const taken = this.data.slice(this.at, end);
    this.at = end;
    return taken;
  }

  /** @returns {[number, number | bigint]} */
  head() {
    const first = this.take(1)[0];
    const [major, low] = [first >> 5, first & 31];
    if (low < 24) return [major, low];
    if (low > 27) throw new MalformedError("indefinite or reserved length");
    const size = 1 << (low - 24);
    const wide = this.take(size).reduce((sum, one) => sum * 256n + BigInt(one), 0n);
    const shortest = size === 1 ? 24n : 1n << BigInt(4 * size);
    if (wide < shortest) throw new MalformedError("an integer longer than it needs to be");
    return [major, wide <= Number.MAX_SAFE_INTEGER ? Number(wide) : wide];
  }

  /** @param {number} depth @returns {Value} */
  value(depth) {
    const simple = SIMPLE.get(this.data[this.at]);
    if (simple !== undefined) {
      this.at += 1;
      return simple;
    }
    const [major, argument] = this.head();
    if (major === UINT) return argument;
    if (major === NINT) return typeof argument === "number" ? -1 - argument : -1n - argument;
    if (typeof argument === "bigint" || argument > this.data.length - this.at || major > MAP) {
      throw new MalformedError("ends too early, or is of a kind not allowed");
    }
    if (major === BYTES) return this.take(argument);
    if (major === TEXT) return text(this.take(argument));
    if (depth >= NESTING_MOST) throw new MalformedError("nested too deep");
    if (major === MAP) return this.map(argument, depth);
    return Array.from({ length: argument }, () => this.value(depth + 1));
  }

  /** @param {number} items @param {number} depth @returns {Items} */
  map(items, depth) {
    /** @type {Items} */
    const result = new Map();
    let last = -1;
    for (let item = 0; item < items; item += 1) {
      const [major, key] = this.head();
      if (major !== UINT || typeof key === "bigint" || key <= last) {
        throw new MalformedError("map keys are unsigned integers in rising order");
      }
      result.set(key, this.value(depth + 1));
      last = key;
    }
    return result;
  }
}

/** @param {Bytes} data @returns {string} */
function text(data) {
  try {
    return words(data);
  } catch {
    throw new MalformedError("text that is not UTF-8");
  }
}

/** Decode exactly one value, in its only encoding. @param {Bytes} data @param {number} [limit] */
export function decode(data, limit = 4096) {
  if (data.length > limit) throw new MalformedError(`longer than ${limit} bytes`);
  const reader = new Reader(data);
  const value = reader.value(0);
  if (reader.at !== data.length) throw new MalformedError("bytes after the value");
  return value;
}

/** Decode a value that must be a map. @param {Bytes} data @param {number} [limit] @returns {Items} */
export function decodeMap(data, limit = 4096) {
  const value = decode(data, limit);
  if (!(value instanceof Map)) throw new MalformedError("not a map");
  return value;
}
