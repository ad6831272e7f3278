// @ts-check
// Boxes of an ISO base media file, as far as recordings use them.
import { same, unhex } from "../../view/web/link/bytes.js";
import { decodeMap } from "../../view/web/link/cbor.js";
import { MalformedError } from "../../view/web/link/errors.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {{ kind: string, start: number, payload: number, end: number }} Box */
/** @typedef {"genesis" | "link" | "end"} DocumentKind */

/** @type {[DocumentKind, Bytes][]} */
export const USER_TYPES = [
  ["genesis", unhex("2b0127c2becc5f82af42ff94f0ffd532")],
  ["link", unhex("663315e3a15f5708b7a551204c8d32c5")],
  ["end", unhex("7711d4db39185698a82e32ca4236ef88")],
];
export const HEAD = 8;
export const UUID_HEAD = 24;
const MARKS = "urn:lapel:marks:1\0\0";
const EMSG_FIXED = 24 + MARKS.length;
const EMSG_DATA_MOST = 8192;

/** Each byte as one character. @param {Bytes} data @returns {string} */
export function latin(data) {
  return String.fromCharCode(...data);
}

/** @param {Bytes} data @param {number} at @returns {number} */
export function u32(data, at) {
  return ((data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3]) >>> 0;
}

/** Size and kind of the box whose head stands at `at`. @param {Bytes} data @param {number} at @returns {[number, string]} */
export function boxHead(data, at) {
  return [u32(data, at), latin(data.subarray(at + 4, at + HEAD))];
}

/** Which document a user type stands for. @param {Bytes} type @returns {DocumentKind | undefined} */
export function kindOf(type) {
  return USER_TYPES.find(([, known]) => same(known, type))?.[0];
}

/** Walk boxes; throws `MalformedError` at a misfit. @param {Bytes} data @param {number} start @param {number} end @returns {Generator<Box>} */
export function* children(data, start, end) {
  let at = start;
  while (at < end) {
    if (end - at < HEAD) throw new MalformedError("a box without a whole head");
    const [size, kind] = boxHead(data, at);
    if (size < HEAD || at + size > end) throw new MalformedError("a box that does not fit into its place");
    yield { kind, start: at, payload: at + HEAD, end: at + size };
    at += size;
  }
}

/** First box at a path inside another. @param {Bytes} data @param {Box} within @param {...string} path @returns {Box} */
export function find(data, within, ...path) {
  let place = within;
  for (const kind of path) {
    /** @type {Box | undefined} */
    let found;
    for (const one of children(data, place.payload, place.end)) {
      if (one.kind === kind) {
        found = one;
        break;
      }
    }
    if (!found) throw new MalformedError(`no ${kind} box`);
    place = found;
  }
  return place;
}

/** Throw `MalformedError` unless this is the payload of one of our marks. @param {Bytes} payload */
export function checkEmsg(payload) {
  if (payload.length <= EMSG_FIXED || payload.length > EMSG_FIXED + EMSG_DATA_MOST) {
    throw new MalformedError("an event message of a wrong size");
  }
  const scheme = latin(payload.subarray(24, EMSG_FIXED));
  if (payload[0] !== 1 || u32(payload, 4) !== 1000 || u32(payload, 16) !== 0 || scheme !== MARKS) {
    throw new MalformedError("an event message of another scheme");
  }
  decodeMap(payload.slice(EMSG_FIXED), EMSG_DATA_MOST);
}
