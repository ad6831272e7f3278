// @ts-check
// Files that were given to the page: a package or recording, what came with it, and whom to
// trust.
import { decodeMap } from "../../view/web/link/cbor.js";
import { ANCHOR, entry as Entry, parse } from "./documents.js";
import { why } from "./failures.js";
import { isPackage, openPackage } from "./package.js";
import { prefixSize } from "./tail.js";
import { nobody, readTrust } from "./trust.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./companions.js").Companions} Companions */
/** @typedef {import("./trust.js").Trust} Trust */
/** What is to be judged, and what a package brings: nothing of it is trusted by itself. @typedef {{ name: string, media: Blob, beside: Companions, brought: Trust, parcel: import("./package.js").Package | null }} Case */

const BESIDE = /\.(closing|receipt|anchors|checkpoint|envelope)$/;
const TRUST = /\.(pem|crt|cer|der|vkey|txt)$/;
const SMALL_MOST = 1 << 26;

/** Which of the given files is which. @param {File[]} files */
export function sorted(files) {
  const beside = files.filter((file) => BESIDE.test(file.name));
  const trust = files.filter((file) => TRUST.test(file.name));
  const main = files.filter((file) => !beside.includes(file) && !trust.includes(file));
  return { main, beside, trust };
}

/** A file's name without its last suffix: by it, what lies beside several is told apart. @param {File} file */
export function stem(file) {
  return file.name.replace(/\.[^.]*$/, "");
}

/** @param {Blob} file @returns {Promise<Bytes>} */
export async function bytesOf(file) {
  return new Uint8Array(await file.slice(0, SMALL_MOST).arrayBuffer());
}

/** Cut concatenated journal entries; what is no entry stays as the last. @param {Bytes} data @returns {Bytes[]} */
function entriesIn(data) {
  /** @type {Bytes[]} */
  const found = [];
  let at = 0;
  while (at < data.length) {
    const size = prefixSize(data.subarray(at), 8192) ?? data.length - at;
    found.push(data.slice(at, at + size));
    at += size;
  }
  return found;
}

/** Make a case of a file and what lies beside it. @param {File} file @param {File[]} files @returns {Promise<Case>} */
export async function caseOf(file, files) {
  if (isPackage(await bytesOf(file.slice(0, 4)))) return packed(file);
  const find = async (/** @type {string} */ kind) => {
    const found = files.find((one) => one.name.endsWith(`.${kind}`));
    return found ? bytesOf(found) : null;
  };
  const [closing, receipt, anchors] = [await find("closing"), await find("receipt"), await find("anchors")];
  const beside = { closing, receipts: receipt ? [receipt] : [], anchors: anchors ? entriesIn(anchors) : [], clip: false };
  return { name: file.name, media: file, beside, brought: nobody(), parcel: null };
}

/** @param {File} file @returns {Promise<Case>} */
async function packed(file) {
  const parcel = await openPackage(file);
  const { small, media } = parcel;
  const receipt = small.get("recording.receipt");
  const beside = {
    closing: small.get("recording.closing") ?? null,
    receipts: receipt ? [receipt] : [],
    anchors: entriesIn(small.get("journal.cose") ?? new Uint8Array(0)).filter(isAnchor),
    clip: small.has("clip"),
  };
  const authorities = (await trustIn(small.get("certificates.pem"))).authorities;
  const revocations = (await trustIn(small.get("revocations.pem"))).revocations;
  return { name: file.name, media, beside, brought: { ...nobody(), authorities, revocations }, parcel };
}

/** @param {Bytes} raw */
function isAnchor(raw) {
  try {
    return Entry.of(decodeMap(parse("journal", raw).payload, 8192)).kind === ANCHOR;
  } catch (error) {
    why(error);
    return false;
  }
}

/** What a part of a package names; a damaged one names nothing. @param {Bytes | undefined} data @returns {Promise<Trust>} */
async function trustIn(data) {
  const found = nobody();
  try {
    if (data) await readTrust(data, found);
    return found;
  } catch (error) {
    why(error);
    return nobody();
  }
}
