// @ts-check
// What a package's custody extract proves of one recording, and whether the parts are those
// that the custody log names.
import { hex, join, same, utf8, words } from "../../view/web/link/bytes.js";
import { decodeMap, isBytes } from "../../view/web/link/cbor.js";
import { MalformedError } from "../../view/web/link/errors.js";
import { leaf as Leaf, packaged as Packaged } from "./documents.js";
import { SignatureError, why } from "./failures.js";
import { base64, checkInclusion, LEAF_MOST, readNote } from "./log.js";
import { sha256 } from "./sha256.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./log.js").Checkpoint} Checkpoint */
/** @typedef {{ number: bigint, leaf: Bytes, texts: Map<number, { salt: Bytes, text: string }>, proof: Bytes[] }} Extracted */
/** An act that stands in the log, with the texts that are still kept. @typedef {{ number: bigint, leaf: import("./documents.js").LeafFields, texts: Map<number, string>, hidden: number[] }} Told */
/** What was found. @typedef {{ wrong: string[], notes: string[], acts: Told[], vouched: boolean }} Custody */

const CLIENT = 0;
const RECORDING = 1;
const [BEFORE, PARTS] = [20, 21];
const PACKAGED = "recording.packaged";
const PROVE_THEMSELVES = ["recording.mp4", "custody.json", "checkpoint"];
const TEXTS = [CLIENT, 1, 2, 3, 4];
/** @type {Record<string, number[]>} */
const TEXTS_OF = {
  "recording.received": [CLIENT], "recording.erased-on-camera": [CLIENT], "recording.annotated": [...TEXTS, 5],
};

/** @param {unknown} value @param {string[]} names @returns {Record<string, unknown>} */
function object(value, names) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new MalformedError("not an object");
  const items = /** @type {Record<string, unknown>} */ (value);
  const here = Object.keys(items);
  if (here.length !== names.length || !names.every((name) => here.includes(name))) {
    throw new MalformedError("an object with other names");
  }
  return items;
}

/** @template T @param {unknown} value @param {(item: unknown) => T} read @returns {T[]} */
function list(value, read) {
  if (!Array.isArray(value)) throw new MalformedError("not a list");
  return value.map(read);
}

/** @param {unknown} value @returns {string} */
function text(value) {
  if (typeof value !== "string") throw new MalformedError("not text");
  if (/\p{Surrogate}/u.test(value)) throw new MalformedError("text that is not Unicode");
  return value;
}

/** @param {unknown} value @returns {number} */
function number(value) {
  const given = text(value);
  if (!/^(?:0|[1-9][0-9]{0,14})$/.test(given)) throw new MalformedError("not a number");
  return Number(given);
}

/** @param {unknown} value @param {number} [size] @returns {Bytes} */
function bytes(value, size) {
  const given = text(value);
  const raw = base64(given);
  if (!raw || btoa(Array.from(raw, (one) => String.fromCharCode(one)).join("")) !== given) throw new MalformedError("not base64");
  if (size !== undefined && raw.length !== size) throw new MalformedError(size === 32 ? "not a hash" : "a salt of another size");
  return raw;
}

/** @param {unknown} value @returns {Extracted} */
function act(value) {
  const items = object(value, ["number", "leaf", "texts", "proof"]);
  const given = items.texts;
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw new MalformedError("not an object");
  const place = BigInt(number(items.number));
  const leaf = bytes(items.leaf);
  /** @type {Extracted["texts"]} */
  const texts = new Map();
  for (const [field, one] of Object.entries(given)) {
    const kept = object(one, ["salt", "text"]);
    texts.set(number(field), { salt: bytes(kept.salt, 16), text: text(kept.text) });
  }
  return { number: place, leaf, texts, proof: list(items.proof, (item) => bytes(item, 32)) };
}

/** Read an extract. @param {Bytes} data @returns {Extracted[]} */
function acts(data) {
  /** @type {unknown} */
  let read;
  try {
    read = JSON.parse(words(data));
  } catch {
    throw new MalformedError("not JSON");
  }
  const items = object(read, ["format", "acts", "consistency"]);
  if (items.format !== "1") throw new MalformedError("an extract of a format that this version cannot read");
  const found = list(items.acts, act);
  list(items.consistency, (one) => {
    const proof = object(one, ["old", "new", "proof"]);
    return [number(proof.old), number(proof.new), list(proof.proof, (item) => bytes(item, 32))];
  });
  return found;
}

/** A checkpoint's text. @param {Bytes} data @returns {string} */
function note(data) {
  try {
    return words(data);
  } catch {
    throw new MalformedError("not text");
  }
}

/** @param {Extracted} one @param {Checkpoint} checkpoint @param {string} recording @returns {Promise<Told>} */
async function told(one, checkpoint, recording) {
  await checkInclusion(one.leaf, one.number, checkpoint, one.proof);
  const leaf = Leaf.of(decodeMap(one.leaf, LEAF_MOST));
  if (leaf.subject[0] !== RECORDING || leaf.subject[1] !== recording) {
    throw new SignatureError("it is on something else than this recording");
  }
  /** @type {Map<number, Bytes>} */
  const hashes = new Map();
  for (const [field, value] of leaf.detail) {
    if (isBytes(value) && value.length === 32) hashes.set(field, value);
  }
  if (leaf.client) hashes.set(CLIENT, leaf.client);
  for (const [field, kept] of one.texts) {
    const hash = hashes.get(field);
    if (!hash || !same(hash, await sha256(join(kept.salt, utf8(kept.text))))) {
      throw new SignatureError(`text ${field} is not what was logged`);
    }
  }
  const salted = Object.hasOwn(TEXTS_OF, leaf.action) ? TEXTS_OF[leaf.action] : TEXTS;
  const hidden = salted.filter((field) => hashes.has(field) && !one.texts.has(field)).sort((a, b) => a - b);
  return { number: one.number, leaf, texts: new Map([...one.texts].map(([field, kept]) => [field, kept.text])), hidden };
}

/**
 * Judge an extract under its checkpoint, and the parts by its last act.
 * 1. The checkpoint is a signed note; whether by a trusted log is said apart. 2. Acts stand
 * in order, each once, each on this recording. 3. Each stands in the log at its number.
 * 4. Each text fits its salted hash. 5. The last act is the making of this package: as many
 * acts stand before it as it says, and the parts are those that it names.
 * @param {Map<string, Bytes>} small @param {Bytes | null} sealed SHA-256 of the sealed file
 * @param {Bytes} recording @param {import("./log.js").Log[]} logs @returns {Promise<Custody>}
 */
export async function judgeCustody(small, sealed, recording, logs) {
  /** @type {Custody} */
  const found = { wrong: [], notes: [], acts: [], vouched: false };
  const [extract, signed] = [small.get("custody.json"), small.get("checkpoint")];
  if (!extract || !signed) {
    if (extract || signed) found.wrong.push("custody without its checkpoint, or the other way round");
    found.notes.push("no custody is here: nothing says who had the recording");
    return found;
  }
  const name = hex(recording).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  try {
    const { checkpoint, unproven } = await readNote(note(signed), logs);
    found.vouched = !unproven;
    if (unproven) found.notes.push(unproven);
    await judgeActs(acts(extract), checkpoint, name, found);
  } catch (error) {
    found.notes.length = 0;
    found.wrong.push(`custody: ${why(error)}`);
    return found;
  }
  await judgeLast(found, small, sealed);
  return found;
}

/** @param {Extracted[]} read @param {Checkpoint} checkpoint @param {string} recording @param {Custody} found */
async function judgeActs(read, checkpoint, recording, found) {
  for (const one of read) {
    try {
      found.acts.push(await told(one, checkpoint, recording));
    } catch (error) {
      found.wrong.push(`custody: act ${one.number}: ${why(error)}`);
    }
  }
  if (read.some((one, place) => place > 0 && read[place - 1].number >= one.number)) {
    found.wrong.push("custody: acts out of order, or one twice");
  }
}

/** @param {Custody} found @param {Map<string, Bytes>} small @param {Bytes | null} sealed */
async function judgeLast(found, small, sealed) {
  const last = found.acts.at(-1)?.leaf;
  if (last?.action !== PACKAGED) {
    found.wrong.push(last ? "custody: it does not end with the making of a package" : "custody: no act on this recording");
    return;
  }
  /** @type {import("./documents.js").PackagedFields} */
  let made;
  try {
    made = Packaged.of(new Map([...last.detail].filter(([field]) => field === BEFORE || field === PARTS)));
  } catch (error) {
    found.wrong.push(`custody: the last act: ${why(error)}`);
    return;
  }
  const here = found.acts.length - 1;
  if (made.before !== BigInt(here)) {
    found.wrong.push(`custody: ${made.before} acts stand before this package, ${here} are here`);
  }
  await judgeParts(new Map(made.parts), small, sealed, found);
}

/** Hold the parts against the names and hashes that the log gives. @param {Map<string, Bytes>} named @param {Map<string, Bytes>} small @param {Bytes | null} sealed @param {Custody} found */
async function judgeParts(named, small, sealed, found) {
  /** @type {Map<string, Bytes>} */
  const here = new Map();
  for (const [name, data] of small) {
    if (!PROVE_THEMSELVES.includes(name)) here.set(name, await sha256(data));
  }
  if (sealed) here.set("recording.sealed", sealed);
  for (const name of [...new Set([...here.keys(), ...named.keys()])].sort()) {
    const [is, was] = [here.get(name), named.get(name)];
    if (!is) found.wrong.push(`${name} was left out`);
    else if (!was) found.wrong.push(`${name} was put in later`);
    else if (!same(is, was)) found.wrong.push(`${name} is not what was put in`);
  }
}
