// @ts-check
// Signed documents that a verifier reads: their fields, as the reference of formats has them.
import { isBytes } from "../../view/web/link/cbor.js";
import { parse as parseAny } from "../../view/web/link/cose.js";
import { anyMap, choice, flag, Form, keyed, many, maybe, nullable, octets, text, uint } from "../../view/web/link/document.js";
import { MalformedError } from "../../view/web/link/errors.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("../../view/web/link/cose.js").Sign1} Sign1 */

/** @type {Record<string, number>} */
const LIMITS = { genesis: 8192, journal: 8192, receipt: 70_000 };
const CHAINED = ["genesis", "journal"];

/** Most bytes of a document of this kind. @param {string} kind */
export function limitOf(kind) {
  return LIMITS[kind] ?? 4096;
}

/** Take a document of a kind apart. @param {string} kind @param {Bytes} data @returns {Sign1} */
export function parse(kind, data) {
  return parseAny(data, limitOf(kind), CHAINED.includes(kind));
}

/** @type {import("../../view/web/link/document.js").Kind} */
const u64 = {
  pack: (value) => value,
  unpack: (value) => {
    if (typeof value === "bigint" && value >= 0n) return value;
    if (typeof value === "number" && value >= 0) return BigInt(value);
    throw new MalformedError("an integer outside its range");
  },
};
/** @type {import("../../view/web/link/document.js").Kind} */
const blob = {
  pack: (value) => value,
  unpack: (value) => {
    if (!isBytes(value)) throw new MalformedError("not a byte string");
    return value;
  },
};
/** Two values of an array. @param {import("../../view/web/link/document.js").Kind} one @param {import("../../view/web/link/document.js").Kind} other @returns {import("../../view/web/link/document.js").Kind} */
function pair(one, other) {
  return {
    pack: (value) => value,
    unpack: (value) => {
      if (!Array.isArray(value) || value.length !== 2) throw new MalformedError("not two values");
      return [one.unpack(value[0]), other.unpack(value[1])];
    },
  };
}

/** @param {number} count */
function upTo(count) {
  return choice([...Array(count).keys()]);
}

const [hash32, id16] = [octets(32), octets(16)];
export const REASONS = [
  "by the wearer", "at the roll-over; the next recording continues it", "because the storage was full",
  "because the battery was empty", "by a loss of power", "by an error of the camera",
  "by recovery at the next start", "because the camera was docked",
];
export const [POWER_LOSS, RECOVERED] = [4, 6];
/** Reasons with which a closing entry explains a recording that has no END. */
export const WITHOUT_END = [POWER_LOSS, 5, RECOVERED];
export const [BOOT, ANCHOR, STOP] = [0, 4, 5];

/** @typedef {{ recording: Bytes, serial: string, model: string, init_hash: Bytes, start_ms: bigint, clock: number, boot: bigint, mono_ms: bigint, firmware: string, pre_event_ms: bigint }} GenesisFields */
/** @type {Form<GenesisFields>} */
export const genesis = new Form("Genesis", [
  keyed(1, "recording", id16), keyed(2, "serial", text), keyed(3, "model", text),
  keyed(4, "init_hash", hash32), keyed(5, "start_ms", u64), keyed(6, "clock", uint(3)),
  keyed(7, "boot", u64), keyed(8, "mono_ms", u64), keyed(9, "firmware", text),
  keyed(10, "firmware_hash", hash32), keyed(11, "settings_version", u64),
  keyed(12, "settings_hash", hash32), keyed(13, "trigger", pair(upTo(4), blob)),
  keyed(14, "pre_event_ms", u64), keyed(15, "start_seq", u64), keyed(16, "start_hash", hash32),
  keyed(17, "sound_before", flag), keyed(18, "encoded_here", flag), maybe(19, "continues", id16),
]);

/** @typedef {{ genesis: Bytes, index: bigint, prev: Bytes, unit_hash: Bytes, media_ms: bigint, mono_ms: bigint, sound: number }} LinkFields */
/** @type {Form<LinkFields>} */
export const link = new Form("Link", [
  keyed(1, "genesis", hash32), keyed(2, "index", u64), keyed(3, "prev", hash32),
  keyed(4, "unit_hash", hash32), keyed(5, "media_ms", u64), keyed(6, "mono_ms", u64),
  keyed(7, "sound", upTo(3)),
]);

/** @typedef {{ genesis: Bytes, links: bigint, prev: Bytes, reason: number, mono_ms: bigint, utc_ms: bigint }} EndFields */
/** @type {Form<EndFields>} */
export const end = new Form("End", [
  keyed(1, "genesis", hash32), keyed(2, "links", u64), keyed(3, "prev", hash32),
  keyed(4, "reason", upTo(8)), keyed(5, "mono_ms", u64), keyed(6, "utc_ms", u64),
]);

/** @typedef {{ seq: bigint, kind: number, data: Map<number, unknown>, prev: Bytes }} EntryFields */
/** @type {Form<EntryFields>} */
export const entry = new Form("Entry", [
  keyed(1, "seq", u64), keyed(2, "boot", u64), keyed(3, "mono_ms", u64), keyed(4, "utc_ms", u64),
  keyed(5, "clock", uint(3)), keyed(6, "kind", upTo(23)), keyed(7, "data", anyMap),
  keyed(8, "prev", hash32), maybe(9, "nv", u64),
]);

/** @typedef {{ recording: Bytes, links: bigint, head: Bytes, size: bigint }} AnchorFields */
/** @type {Form<AnchorFields>} */
export const anchor = new Form("Anchor", [
  keyed(1, "recording", id16), keyed(2, "links", u64), keyed(3, "head", hash32), keyed(4, "size", u64),
]);

/** @typedef {{ recording: Bytes, reason: number, length: bigint, sha256: Bytes, frames: bigint, genesis: Bytes | null, links: bigint | null, head: Bytes | null }} StopFields */
/** @type {Form<StopFields>} */
export const stop = new Form("Stop", [
  keyed(1, "recording", id16), keyed(2, "reason", upTo(8)), keyed(3, "length", u64),
  keyed(4, "sha256", hash32), keyed(5, "frames", u64), maybe(6, "genesis", hash32),
  maybe(7, "links", u64), maybe(8, "head", hash32),
], (value) => {
  if (given(value) % 3) throw new MalformedError("genesis, links and head stand together or not at all");
});

/** @param {{ genesis: unknown, links: unknown, head: unknown }} value */
function given(value) {
  return [value.genesis, value.links, value.head].filter((one) => one !== null).length;
}

/** @typedef {{ tenant: string, recording: Bytes, serial: string, length: bigint, sha256: Bytes, opened: boolean, received_ms: bigint, genesis: Bytes | null, links: bigint | null, head: Bytes | null }} ReceivedFields */
/** @type {Form<ReceivedFields>} */
export const received = new Form("Received", [
  keyed(1, "tenant", text), keyed(2, "recording", id16), keyed(3, "serial", text),
  keyed(4, "length", u64), keyed(5, "sha256", hash32), keyed(6, "closing_hash", hash32),
  keyed(7, "opened", flag), keyed(11, "received_ms", u64), maybe(8, "genesis", hash32),
  maybe(9, "links", u64), maybe(10, "head", hash32),
], (value) => {
  if (given(value) !== (value.opened ? 3 : 0)) {
    throw new MalformedError("genesis, links and head stand exactly when opened");
  }
});

/** @typedef {{ leaf: Bytes, index: bigint, checkpoint: string, proof: Bytes[] }} ReceiptFields */
/** @type {Form<ReceiptFields>} */
export const receipt = new Form("Receipt", [
  keyed(1, "leaf", blob), keyed(2, "index", u64), keyed(3, "checkpoint", text), keyed(4, "proof", many(hash32)),
]);

/** @typedef {{ time_ms: bigint, actor: [number, string], action: string, subject: [number, string], detail: Map<number, unknown>, client: Bytes | null }} LeafFields */
/** @type {Form<LeafFields>} */
export const leaf = new Form("Leaf", [
  keyed(1, "time_ms", u64), keyed(2, "actor", pair(upTo(3), text)), keyed(3, "action", text),
  keyed(4, "subject", pair(choice([1, 2, 3, 4]), text)), keyed(5, "detail", anyMap),
  keyed(6, "client", nullable(hash32)),
]);

/** @typedef {{ before: bigint, parts: [string, Bytes][] }} PackagedFields */
/** @type {Form<PackagedFields>} */
export const packaged = new Form("Packaged", [
  keyed(20, "before", u64), keyed(21, "parts", many(pair(text, hash32))),
]);
