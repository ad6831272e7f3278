// @ts-check
// What stands beside a recording: closing entry, anchors, receipts. A closing entry must be
// by the recording's own key; a receipt counts only by a trusted key and log.
import { hex, same } from "../../view/web/link/bytes.js";
import { decodeMap } from "../../view/web/link/cbor.js";
import { verify } from "../../view/web/link/cose.js";
import { MalformedError } from "../../view/web/link/errors.js";
import { ANCHOR, anchor as Anchor, BOOT, entry as Entry, parse, POWER_LOSS, RECOVERED, STOP, stop as Stop, WITHOUT_END } from "./documents.js";
import { why } from "./failures.js";
import { prove } from "./log.js";
import { sha256 } from "./sha256.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./chain.js").Chain} Chain */
/** @typedef {import("./documents.js").StopFields} StopFields */
/** @typedef {import("./log.js").Proven} Proven */
/** Raw documents beside a recording. @typedef {{ closing: Bytes | null, anchors: Bytes[], receipts: Bytes[], clip: boolean }} Companions */
/** The bytes at hand. @typedef {{ length: bigint, sha256: Bytes }} Stored */
/** What the companions say. @typedef {{ contradictions: string[], missing: string[], notes: string[], proven: Proven[], explained: number | null }} Findings */

const DOCUMENT_MOST = 4096;

/** Whether two hashes are both absent or the same. @param {Bytes | null} one @param {Bytes} other */
function fitsIfGiven(one, other) {
  return one === null || same(one, other);
}

/** Names of what differs. @param {[string, boolean][]} found @returns {string[]} */
function differing(found) {
  return found.filter(([, differs]) => differs).map(([name]) => name);
}

/** Open one journal entry that this key signed. @param {Bytes} raw @param {Bytes} key */
async function openEntry(raw, key) {
  const document = parse("journal", raw);
  await verify("journal", document, key);
  const read = Entry.of(decodeMap(document.payload, 8192));
  if (read.kind !== BOOT && document.x5chain.length) throw new MalformedError("certificates in an entry that is no boot entry");
  if (read.kind !== BOOT && raw.length > DOCUMENT_MOST) throw new MalformedError(`an entry of more than ${DOCUMENT_MOST} bytes`);
  return read;
}

/** Hold a walked chain against what stands beside it. @param {Chain} chain @param {Stored} stored @param {Companions} companions @param {Proven[]} receipts @returns {Promise<Findings>} */
export async function compare(chain, stored, companions, receipts) {
  /** @type {Findings} */
  const findings = { contradictions: [], missing: [], notes: [], proven: [], explained: null };
  if (companions.closing) await closing(chain, stored, companions.closing, findings);
  for (const raw of companions.anchors) await anchored(chain, raw, findings);
  for (const proven of receipts) {
    const before = findings.contradictions.length;
    const speaks = receivedFits(chain, stored, proven.received, findings);
    if (speaks && findings.contradictions.length === before) findings.proven.push(proven);
  }
  return findings;
}

/** @param {Chain} chain @param {Stored} stored @param {Bytes} raw @param {Findings} findings */
async function closing(chain, stored, raw, findings) {
  /** @type {StopFields} */
  let stop;
  try {
    const read = await openEntry(raw, chain.key);
    if (read.kind !== STOP) throw new MalformedError("an entry of another kind, no closing entry");
    stop = Stop.of(read.data);
  } catch (error) {
    findings.contradictions.push(`the closing entry: ${why(error)}`);
    return;
  }
  const units = unitsNamed(stop, chain.end !== null);
  let wrong = another(chain, stop, units);
  if (!wrong.length && chain.clip) return;
  if (!wrong.length && !chain.end && namesMore(chain, stored, stop, units)) {
    findings.missing.push("the closing entry names more than is here");
    return;
  }
  if (!wrong.length) wrong = held(chain, stored, stop, units);
  if (wrong.length) findings.contradictions.push(`the closing entry names ${wrong[0]}`);
  else if (!chain.end) findings.explained = stop.reason;
}

/** Units by a closing entry's own count; null where it does not say. @param {StopFields} stop @param {boolean} closed */
function unitsNamed(stop, closed) {
  if (stop.links !== null) return stop.links;
  if (!stop.frames) return null;
  const units = stop.frames - (closed ? 2n : 1n);
  return units < 0n ? 0n : units;
}

/** What no part of the recording that is named could hold. @param {Chain} chain @param {StopFields} stop @param {bigint | null} units */
function another(chain, stop, units) {
  const counted = stop.links === null || [0n, stop.links + 1n, stop.links + 2n].includes(stop.frames);
  return differing([
    ["another recording", !same(stop.recording, chain.genesis.recording)],
    ["another GENESIS", !fitsIfGiven(stop.genesis, chain.genesisHash)],
    ["fewer units", units !== null && chain.count > units],
    ["another last LINK", units === chain.count && !fitsIfGiven(stop.head, chain.head)],
    ["counts that disagree", !counted],
  ]);
}

/** @param {Chain} chain @param {Stored} stored @param {StopFields} stop @param {bigint | null} units */
function namesMore(chain, stored, stop, units) {
  return units !== null ? units > chain.count : stop.frames === 0n && stop.length > stored.length;
}

/** What it names otherwise than the whole file has it. @param {Chain} chain @param {Stored} stored @param {StopFields} stop @param {bigint | null} units */
function held(chain, stored, stop, units) {
  const bytes = stop.length === stored.length && same(stop.sha256, stored.sha256);
  const frames = chain.count + (chain.end ? 2n : 1n);
  const reasons = chain.end ? [chain.end.reason, POWER_LOSS, RECOVERED] : WITHOUT_END;
  return differing([
    ["another count of units", units !== null && units !== chain.count],
    ["another length or SHA-256", stop.frames === 0n && !bytes],
    ["another count of frames", stop.frames !== 0n && stop.frames !== frames],
    ["another reason", !reasons.includes(stop.reason)],
  ]);
}

/** @param {Chain} chain @param {Bytes} raw @param {Findings} findings */
async function anchored(chain, raw, findings) {
  try {
    const read = await openEntry(raw, chain.key);
    if (read.kind !== ANCHOR) {
      findings.notes.push("a journal entry that is no anchor was left out");
      return;
    }
    const anchor = Anchor.of(read.data);
    if (same(anchor.recording, chain.genesis.recording)) {
      hold(chain, anchor.links, anchor.head, `an anchor of the journal names ${anchor.links} units`, findings);
    } else findings.notes.push("an anchor of another recording was left out");
  } catch (error) {
    findings.notes.push(`an anchor proves nothing: ${why(error)}`);
  }
}

/** Hold a count of links and the head there against the chain. @param {Chain} chain @param {bigint} links @param {Bytes} head @param {string} what @param {Findings} into */
function hold(chain, links, head, what, into) {
  if (links > chain.count) {
    if (chain.end && !chain.clip) into.contradictions.push(`${what}, END names ${chain.count}`);
    else if (!chain.clip) into.missing.push(what);
    return;
  }
  const place = links - chain.firstIndex - 1n;
  if (place < -1n) return;
  const before = chain.links.length ? chain.links[0].prev : chain.genesisHash;
  const known = place >= 0n ? chain.heads[Number(place)] : before;
  if (!same(known, head)) into.contradictions.push(`${what} and another LINK there`);
}

/** Whether a receipt speaks of these bytes. @param {Chain} chain @param {Stored} stored @param {Proven["received"]} received @param {Findings} findings */
function receivedFits(chain, stored, received, findings) {
  if (!same(received.recording, chain.genesis.recording)) {
    findings.notes.push("a receipt for another recording was left out");
    return false;
  }
  if (received.genesis === null || received.links === null || received.head === null) {
    const bytes = received.length === stored.length && same(received.sha256, stored.sha256);
    if (!bytes) findings.notes.push("the receipt is for other bytes of this recording");
    return bytes;
  }
  const wrong = differing([
    ["the receipt names another camera", received.serial !== chain.genesis.serial],
    ["the receipt names another GENESIS", !same(received.genesis, chain.genesisHash)],
    ["more units than the receipt names", chain.count > received.links],
  ]);
  findings.contradictions.push(...wrong);
  hold(chain, received.links, received.head, `the receipt names ${received.links} units`, findings);
  return true;
}

/** Receipts that hold under a trusted key and log; the others are noted. @param {Companions} companions @param {import("./trust.js").Trust} trust @param {string[]} notes */
export async function openReceipts(companions, trust, notes) {
  /** @type {Proven[]} */
  const proven = [];
  for (const raw of companions.receipts) {
    try {
      proven.push(await prove(raw, trust.receiptKeys, trust.logs));
    } catch (error) {
      const name = hex((await sha256(raw)).slice(0, 8));
      notes.push(`a receipt (${name}) proves nothing: ${why(error)}`);
    }
  }
  return proven;
}
