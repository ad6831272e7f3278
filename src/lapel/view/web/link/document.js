// @ts-check
// Documents declared as data: their CBOR keys, names, and what each may hold. Unknown
// keys, missing keys and values outside their kind are refused.
import { utf8 } from "./bytes.js";
import { decodeMap, encode, isBytes } from "./cbor.js";
import { MalformedError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./cbor.js").Items} Items */
/** @typedef {{ pack: (value: any) => unknown, unpack: (value: unknown) => any }} Kind what a field may hold */
/** @typedef {{ key: number, name: string, kind: Kind, optional: boolean }} Field */

export const LINE_MOST = 256;

/** @param {(value: unknown) => any} unpack @returns {Kind} */
function plain(unpack) {
  return { pack: (value) => value, unpack };
}

/** Whole number of at most `top`; over 2^53 nothing is read. @param {number} [top] @returns {Kind} */
export function uint(top = Number.MAX_SAFE_INTEGER) {
  return plain((value) => {
    if (typeof value !== "number" || value < 0 || value > top) throw new MalformedError("an integer outside its range");
    return value;
  });
}

export const flag = plain((value) => {
  if (typeof value !== "boolean") throw new MalformedError("not true or false");
  return value;
});

export const text = plain((value) => {
  if (typeof value !== "string") throw new MalformedError("not text");
  return value;
});

/** Whether a text may be said of a recording: printable, one line, bounded. @param {string} words */
export function isLine(words) {
  return /^(?: |[^\p{C}\p{Z}])+$/u.test(words) && utf8(words).length <= LINE_MOST;
}

export const line = plain((value) => {
  if (typeof value !== "string" || !isLine(value)) throw new MalformedError("not a line of text");
  return value;
});

/** Byte string of exactly `size` bytes. @param {number} size @returns {Kind} */
export function octets(size) {
  return plain((value) => {
    if (!isBytes(value) || value.length !== size) throw new MalformedError(`not ${size} bytes`);
    return value;
  });
}

/** One of these numbers. @param {readonly number[]} options @returns {Kind} */
export function choice(options) {
  return plain((value) => {
    if (typeof value !== "number" || !options.includes(value)) throw new MalformedError("a number without meaning");
    return value;
  });
}

/** @param {Kind} kind @returns {Kind} */
export function many(kind) {
  return {
    pack: (values) => values.map(kind.pack),
    unpack: (value) => {
      if (!Array.isArray(value)) throw new MalformedError("not an array");
      return value.map(kind.unpack);
    },
  };
}

/** The kind, or null; the key is always there. @param {Kind} kind @returns {Kind} */
export function nullable(kind) {
  return {
    pack: (value) => (value === null ? null : kind.pack(value)),
    unpack: (value) => (value === null ? null : kind.unpack(value)),
  };
}

/** Another document inside this one. @param {Form<any>} form @returns {Kind} */
export function nested(form) {
  return {
    pack: (value) => form.items(value),
    unpack: (value) => {
      if (!(value instanceof Map)) throw new MalformedError("not a map");
      return form.of(value);
    },
  };
}

export const anyMap = plain((value) => {
  if (!(value instanceof Map)) throw new MalformedError("not a map");
  return value;
});

/** @param {number} key @param {string} name @param {Kind} kind @returns {Field} */
export function keyed(key, name, kind) {
  return { key, name, kind, optional: false };
}

/** A field that may be absent; then it is null. @param {number} key @param {string} name @param {Kind} kind @returns {Field} */
export function maybe(key, name, kind) {
  return { key, name, kind, optional: true };
}

/**
 * A kind of document.
 * @template T
 */
export class Form {
  /**
   * @param {string} name @param {Field[]} fields
   * @param {(value: T) => void} [check] throws `MalformedError` where fields disagree
   */
  constructor(name, fields, check = () => {}) {
    this.name = name;
    this.fields = fields;
    this.check = check;
  }

  /** The CBOR map of a value, checked as a reader would. @param {T} value @returns {Items} */
  items(value) {
    /** @type {Items} */
    const items = new Map();
    const given = /** @type {Record<string, any>} */ (value);
    for (const { key, name, kind, optional } of this.fields) {
      if (optional && given[name] === null) continue;
      const packed = kind.pack(given[name]);
      kind.unpack(packed);
      items.set(key, packed);
    }
    this.check(value);
    return items;
  }

  /** Read a decoded map; throws `MalformedError` unless all of it fits. @param {Items} items @returns {T} */
  of(items) {
    /** @type {Record<string, any>} */
    const read = {};
    const left = new Set(items.keys());
    for (const { key, name, kind, optional } of this.fields) {
      const value = items.get(key);
      if (value !== undefined) {
        read[name] = kind.unpack(value);
        left.delete(key);
      } else if (optional) {
        read[name] = null;
      } else {
        throw new MalformedError(`${this.name} lacks field ${key}`);
      }
    }
    if (left.size) throw new MalformedError(`${this.name} has an unknown field`);
    const whole = /** @type {T} */ (/** @type {unknown} */ (read));
    this.check(whole);
    return whole;
  }

  /** @param {T} value @returns {Bytes} */
  encode(value) {
    return encode(this.items(value));
  }

  /** @param {Bytes} data @returns {T} */
  decode(data) {
    return this.of(decodeMap(data));
  }
}
