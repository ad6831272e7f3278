// @ts-check
// Checkpoints as C2SP signed notes, inclusion below them, and receipts.
import { hex, join, octets, same, utf8 } from "../../view/web/link/bytes.js";
import { decodeMap } from "../../view/web/link/cbor.js";
import { verify } from "../../view/web/link/cose.js";
import { MalformedError } from "../../view/web/link/errors.js";
import { leaf as Leaf, parse, received as Received, receipt as Receipt } from "./documents.js";
import { SignatureError, UnableError } from "./failures.js";
import { sha256 } from "./sha256.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {{ origin: string, size: bigint, root: Bytes }} Checkpoint */
/** @typedef {{ name: string, public: Bytes, hash: Bytes }} Log */
/** @typedef {{ received: import("./documents.js").ReceivedFields, index: bigint, checkpoint: Checkpoint }} Proven */

const RECEIVED = "recording.received";
export const LEAF_MOST = 65_535;
const NOTE_MOST = 65_536;
const ED25519 = 1;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @param {string} text @returns {Bytes | null} */
export function base64(text) {
  return BASE64.test(text) ? Uint8Array.from(atob(text), (one) => one.charCodeAt(0)) : null;
}

/** Read a vkey line. @param {string} line @returns {Promise<Log>} */
export async function readVkey(line) {
  const [, name, told, key] = /^([^+]*)\+([^+]*)\+(.*)$/.exec(line.trim()) ?? [];
  const raw = key === undefined ? null : base64(key);
  if (!raw) throw new MalformedError("not a vkey line");
  const hash = (await sha256(join(utf8(`${name}\n`), raw))).slice(0, 4);
  if (raw.length !== 33 || raw[0] !== ED25519 || hex(hash) !== told) {
    throw new MalformedError("not a vkey line of Ed25519");
  }
  return { name, public: raw.slice(1), hash };
}

/** @param {string} line @returns {{ name: string, hash: Bytes, signature: Bytes }} */
function signatureLine(line) {
  const [dash, name, data, ...more] = line.split(" ");
  const raw = data === undefined ? null : base64(data);
  if (dash !== "\u2014" || !name || !raw || raw.length < 5 || more.length) {
    throw new MalformedError("not a signature line");
  }
  return { name, hash: raw.slice(0, 4), signature: raw.slice(4) };
}

/** @param {string} body @returns {Checkpoint} */
function readCheckpoint(body) {
  const [origin, size, root, rest, ...more] = body.split("\n");
  const raw = root === undefined ? null : base64(root);
  const canonical = raw && btoa(String.fromCharCode(...raw)) === root;
  if (!origin || !/^(?:0|[1-9]\d*)$/.test(size) || !raw || !canonical || raw.length !== 32 || rest !== "" || more.length) {
    throw new MalformedError("not a checkpoint");
  }
  return { origin, size: BigInt(size), root: raw };
}

/** Split a note into its text and its signature lines. @param {string} note */
function parseNote(note) {
  if ([...note].length > NOTE_MOST) throw new MalformedError("a note that is too long");
  const gap = note.indexOf("\n\n");
  if (gap < 0 || !note.slice(gap + 2).endsWith("\n")) throw new MalformedError("not a signed note");
  return { body: note.slice(0, gap + 1), lines: note.slice(gap + 2, -1).split("\n").map(signatureLine) };
}

/** The checkpoint of a note that this log signed. @param {string} note @param {Log} log @returns {Promise<Checkpoint>} */
async function openNote(note, log) {
  const { body, lines } = parseNote(note);
  const ours = lines.filter((line) => line.name === log.name && same(line.hash, log.hash));
  if (ours.length !== 1) throw new SignatureError("a checkpoint not signed by this log");
  if (!await fits(log.public, ours[0].signature, utf8(body))) {
    throw new SignatureError("a checkpoint's signature does not fit");
  }
  const checkpoint = readCheckpoint(body);
  if (checkpoint.origin !== log.name) throw new SignatureError("a checkpoint of another log");
  return checkpoint;
}

/**
 * A note's checkpoint, and whether a trusted log signed it; else why that is not known.
 * @param {string} note @param {Log[]} logs @returns {Promise<{ checkpoint: Checkpoint, unproven: string }>}
 */
export async function readNote(note, logs) {
  const { body, lines } = parseNote(note);
  const checkpoint = readCheckpoint(body);
  const log = logs.find((one) => lines.some((line) => line.name === one.name && same(line.hash, one.hash)));
  if (!log) return { checkpoint, unproven: "no log key that you trust signed the custody's checkpoint" };
  try {
    return { checkpoint: await openNote(note, log), unproven: "" };
  } catch (error) {
    if (error instanceof UnableError) return { checkpoint, unproven: error.message };
    throw error;
  }
}

/** @param {Bytes} raw @param {Bytes} signature @param {Bytes} data @returns {Promise<boolean>} */
async function fits(raw, signature, data) {
  try {
    const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, data);
  } catch (error) {
    if (error instanceof DOMException && error.name === "NotSupportedError") {
      throw new UnableError("this browser cannot check a log's signatures: use a newer one");
    }
    return false;
  }
}

/** The checkpoint if one of these logs signed it. @param {string} note @param {Log[]} logs @returns {Promise<Checkpoint>} */
async function openAny(note, logs) {
  for (const log of logs) {
    try {
      return await openNote(note, log);
    } catch (error) {
      if (!(error instanceof SignatureError)) throw error;
    }
  }
  throw new SignatureError("a checkpoint not signed by a trusted log");
}

/** Throw unless the leaf stands at its index (RFC 9162, 2.1.3.2). @param {Bytes} leaf @param {bigint} index @param {Checkpoint} below @param {Bytes[]} proof */
export async function checkInclusion(leaf, index, below, proof) {
  if (index >= below.size) throw new SignatureError("an index outside the tree");
  let [node, last] = [index, below.size - 1n];
  let current = await sha256(join(octets(0), leaf));
  for (const sibling of proof) {
    if (last === 0n) throw new SignatureError("an inclusion proof that is too long");
    if (node & 1n || node === last) {
      current = await sha256(join(octets(1), sibling, current));
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      current = await sha256(join(octets(1), current, sibling));
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last || !same(current, below.root)) throw new SignatureError("an inclusion proof that does not fit");
}

/**
 * Open a receipt for a recording.
 * 1. A trusted receipt key signed it. 2. A trusted log signed its checkpoint. 3. The leaf
 * stands at its index below the checkpoint's root.
 * @param {Bytes} raw @param {Bytes[]} keys @param {Log[]} logs @returns {Promise<Proven>}
 */
export async function prove(raw, keys, logs) {
  const document = parse("receipt", raw);
  const kids = await Promise.all(keys.map(async (key) => (await sha256(key)).slice(0, 8)));
  const place = kids.findIndex((kid) => same(kid, document.kid));
  if (place < 0) throw new SignatureError("a receipt by a key that is not trusted");
  await verify("receipt", document, keys[place]);
  const read = Receipt.of(decodeMap(document.payload, 70_000));
  const checkpoint = await openAny(read.checkpoint, logs);
  await checkInclusion(read.leaf, read.index, checkpoint, read.proof);
  const leaf = Leaf.of(decodeMap(read.leaf, LEAF_MOST));
  if (leaf.action !== RECEIVED) throw new SignatureError("a receipt for another act");
  const received = Received.of(leaf.detail);
  return { received, index: read.index, checkpoint };
}
