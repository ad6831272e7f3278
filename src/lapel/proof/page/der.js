// @ts-check
// DER, as far as our certificates and revocation lists use it: one encoding, no other read.
import { MalformedError } from "../../view/web/link/errors.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** A value: its tag, what is inside, and all its bytes. @typedef {{ tag: number, content: Bytes, raw: Bytes }} Value */

export const TAG = { flag: 1, integer: 2, bits: 3, octets: 4, oid: 6, utf8: 12, printable: 19, utcTime: 23, time: 24, sequence: 48, set: 49 };

/** Read values one after the other. */
export class Der {
  #at = 0;

  /** @param {Bytes} data */
  constructor(data) {
    this.data = data;
  }

  /** Whether nothing is left. */
  get done() {
    return this.#at === this.data.length;
  }

  /** Tag of the next value; -1 at the end. */
  get tag() {
    return this.done ? -1 : this.data[this.#at];
  }

  /** The next value, of this tag. @param {number} [tag] @returns {Value} */
  next(tag) {
    const { data } = this;
    const start = this.#at;
    if (start + 2 > data.length || (data[start] & 31) === 31) throw new MalformedError("DER that ends too early");
    let [size, at] = [data[start + 1], start + 2];
    if (size > 0x7f) {
      const wide = size & 0x7f;
      if (!wide || wide > 3 || at + wide > data.length) throw new MalformedError("a length in DER");
      size = data.subarray(at, at + wide).reduce((sum, one) => sum * 256 + one, 0);
      if (size < (wide === 1 ? 0x80 : 256 ** (wide - 1))) throw new MalformedError("a length in DER longer than it needs to be");
      at += wide;
    }
    if (at + size > data.length) throw new MalformedError("DER that ends too early");
    if (tag !== undefined && data[start] !== tag) throw new MalformedError("another kind of value in DER");
    this.#at = at + size;
    return { tag: data[start], content: data.slice(at, at + size), raw: data.slice(start, at + size) };
  }

  /** What stands inside the next value. @param {number} [tag] */
  inside(tag = TAG.sequence) {
    return new Der(this.next(tag).content);
  }

  /** The next value when it has this tag, else null. @param {number} tag @returns {Value | null} */
  maybe(tag) {
    return this.tag === tag ? this.next(tag) : null;
  }

  /** Throw unless nothing is left. */
  end() {
    if (!this.done) throw new MalformedError("bytes after a value in DER");
  }
}

/** The one value that these bytes are. @param {Bytes} data @param {number} [tag] @returns {Der} */
export function only(data, tag = TAG.sequence) {
  const outer = new Der(data);
  const inner = outer.inside(tag);
  outer.end();
  return inner;
}

/** @param {Bytes} content @returns {bigint} */
export function integer(content) {
  const padded = content.length > 1 && ((content[0] === 0 && content[1] < 0x80) || (content[0] === 0xff && content[1] > 0x7f));
  if (!content.length || padded) throw new MalformedError("an integer in DER");
  const whole = content.reduce((sum, one) => (sum << 8n) | BigInt(one), 0n);
  return content[0] > 0x7f ? whole - (1n << BigInt(8 * content.length)) : whole;
}

/** @param {Bytes} content @returns {string} */
export function oid(content) {
  /** @type {bigint[]} */
  const arcs = [];
  let arc = 0n;
  content.forEach((one, place) => {
    if (arc === 0n && one === 0x80) throw new MalformedError("an object identifier in DER");
    arc = (arc << 7n) | BigInt(one & 0x7f);
    if (one < 0x80) {
      arcs.push(arc);
      arc = 0n;
    } else if (place === content.length - 1) throw new MalformedError("an object identifier in DER");
  });
  if (!arcs.length) throw new MalformedError("an object identifier in DER");
  const top = arcs[0] < 80n ? arcs[0] / 40n : 2n;
  return [top, arcs[0] - top * 40n, ...arcs.slice(1)].join(".");
}

/** A time as UTC ms. @param {Value} value @returns {bigint} */
export function time(value) {
  const words = String.fromCharCode(...value.content);
  const found = { [TAG.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, [TAG.time]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ }[value.tag]?.exec(words);
  if (!found) throw new MalformedError("a time in DER");
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number);
  const whole = value.tag === TAG.time ? year : year + (year < 50 ? 2000 : 1900);
  const date = new Date(0);
  date.setUTCFullYear(whole, month - 1, day);
  date.setUTCHours(hour, minute, second);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCSeconds() !== second || date.getUTCMinutes() !== minute) {
    throw new MalformedError("a time in DER that is none");
  }
  return BigInt(date.getTime());
}

/** An ECDSA signature of DER as 64 bytes; null for what is none. @param {Bytes} bits @returns {Bytes | null} */
export function rawSignature(bits) {
  try {
    const pair = only(bits);
    const parts = [integer(pair.next(TAG.integer).content), integer(pair.next(TAG.integer).content)];
    pair.end();
    if (parts.some((part) => part <= 0n || part >= 1n << 256n)) return null;
    const text = parts.map((part) => part.toString(16).padStart(64, "0")).join("");
    return Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}
