// @ts-check
// What stands behind the last good box: nothing, a torn end, or something else.
import { latin, boxHead, HEAD, USER_TYPES } from "./boxes.js";
import { limitOf, parse } from "./documents.js";
import { why } from "./failures.js";
import { Order } from "./order.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./source.js").Source} Source */

const BLOCK = 1 << 20;
const DOCUMENT_MOST = 8192;
const TORN_KINDS = ["emsg", "moof", "mdat", "uuid"];

/** Bytes of the byte string at a place, its head included; null when cut. @param {Bytes} data @param {number} at @returns {number | null} */
function stringSize(data, at) {
  const first = at < data.length ? data[at] : 0;
  const low = first & 31;
  if (first >> 5 !== 2 || low > 26) return null;
  const wide = low < 24 ? 0 : 1 << (low - 24);
  const argument = data.subarray(at + 1, at + 1 + wide).reduce((sum, one) => sum * 256 + one, 0);
  const total = 1 + wide + (wide ? argument : low);
  return at + total <= data.length ? total : null;
}

/** Bytes of the document that data begins with; null when it is cut or none. @param {Bytes} data @param {number} most @returns {number | null} */
export function prefixSize(data, most) {
  if (data[0] !== 0xd2 || data[1] !== 0x84) return null;
  let at = 2;
  for (let part = 0; part < 4; part += 1) {
    const size = part === 1 ? 1 : stringSize(data, at);
    if (size === null) return null;
    at += size;
  }
  return at <= most ? at : null;
}

/** Whether data begins with a whole document of a kind. @param {string} kind @param {Bytes} data */
function wholePrefix(kind, data) {
  const size = prefixSize(data, limitOf(kind));
  if (size === null) return false;
  try {
    parse(kind, data.slice(0, size));
    return true;
  } catch (error) {
    why(error);
    return false;
  }
}

/** Places of one of our user types in a block. @param {Bytes} block @param {Bytes} type @returns {number[]} */
function places(block, type) {
  /** @type {number[]} */
  const found = [];
  for (let at = block.indexOf(type[0]); at >= 0; at = block.indexOf(type[0], at + 1)) {
    if (type.every((one, place) => block[at + place] === one)) found.push(at);
  }
  return found;
}

/** Whether `start` to `end` holds a whole signed document of one of our boxes. @param {Source} file @param {number} start @param {number} end */
export async function holdsDocument(file, start, end) {
  for (let at = start; at < end; at += BLOCK) {
    const block = (await file.read(at, Math.min(at + BLOCK + 15, end))).slice();
    for (const [kind, type] of USER_TYPES) {
      for (const place of places(block, type)) {
        const from = at + place + type.length;
        if (wholePrefix(kind, await file.read(from, Math.min(end, from + DOCUMENT_MOST)))) return true;
      }
    }
  }
  return false;
}

/** Bytes without the zeros that they end with. @param {Bytes} data @returns {number} */
function kept(data) {
  let size = data.length;
  while (size && data[size - 1] === 0) size -= 1;
  return size;
}

/** End of the file without the zeros that it ends with, at least `start`. @param {Source} file @param {number} start */
async function writtenEnd(file, start) {
  let at = file.size;
  while (at > start) {
    const from = Math.max(start, at - BLOCK);
    const size = kept(await file.read(from, at));
    if (size) return from + size;
    at = from;
  }
  return start;
}

/** @param {Order} order @param {string} kind @param {string} beginning what of the kind was written */
function follows(order, kind, beginning) {
  return TORN_KINDS.includes(kind) && kind.startsWith(beginning) && order.allows(kind);
}

/** Whether a user type begins with what of it was written. @param {Bytes} wanted @param {Bytes} written */
function begins(wanted, written) {
  return written.subarray(0, kept(written)).every((one, place) => wanted[place] === one);
}

/**
 * Whether all behind `start` is what a power cut leaves of one part.
 * 1. No whole document of ours stands there. 2. Read up to the zeros at the end, it is a
 * beginning of `emsg* moof mdat ... LINK` or END, in order, whose last box runs over that
 * end or is followed by nothing.
 * @param {Source} file @param {number} start @returns {Promise<boolean>}
 */
export async function isTorn(file, start) {
  const end = await writtenEnd(file, start);
  if (await holdsDocument(file, start, end)) return false;
  const order = new Order();
  let at = start;
  while (at < end) {
    const head = await file.read(at, Math.min(end, at + HEAD));
    if (head.length < HEAD) {
      const beginning = latin(head.subarray(4));
      return TORN_KINDS.some((kind) => follows(order, kind, beginning));
    }
    const [size, kind] = boxHead(head, 0);
    if (size < HEAD || !follows(order, kind, kind)) return false;
    if (kind === "uuid") {
      const wanted = USER_TYPES[order.before ? 1 : 2][1];
      return at + size > end && begins(wanted, await file.read(at + HEAD, at + HEAD + 16));
    }
    order.take(kind);
    at += size;
  }
  return true;
}
