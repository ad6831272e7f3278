// @ts-check
// The verdict on a recording in the clear: what it proves, up to where, and what not. The
// same rules as `lapel verify`, written a second time.
import { Chain, partSize } from "./chain.js";
import { compare, openReceipts } from "./companions.js";
import { WITHOUT_END } from "./documents.js";
import { BrokenError, SignatureError } from "./failures.js";
import { holdsDocument, isTorn } from "./tail.js";
import { checkSigner } from "./trust.js";
import { seconds, words } from "./verdict.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./companions.js").Companions} Companions */
/** @typedef {import("./companions.js").Findings} Findings */
/** @typedef {import("./source.js").Source} Source */
/** @typedef {import("./trust.js").Trust} Trust */
/** @typedef {import("./verdict.js").Verdict} Verdict */
/** How far a file could be walked, and what stopped it. @typedef {{ chain: Chain | null, size: number, broken: string | null, torn: boolean, unsigned: boolean, unreadable: string | null }} Walk */
/** @typedef {{ verdict: Verdict, integrity: Verdict, extent: import("./verdict.js").Extent, reasons: string[], chain: Chain | null, anchor: import("./certs.js").Certificate | null, receipts: import("./log.js").Proven[], proofMs: bigint }} Report */
/** How much of the work is done, 0 to 1. @typedef {(done: number) => void} Told */

const SEAL = "LAPELSEAL";
const NOTHING = { size: 0, startMs: 0n, endMs: 0n };

/** What stopped a walk, if the file did. @param {unknown} error @returns {string} */
function stoppedBy(error) {
  if (error instanceof BrokenError) return error.message;
  throw error;
}

/** @param {Source} file @param {Told} told @returns {Promise<Walk>} */
async function walked(file, told) {
  /** @type {Walk} */
  const walk = { chain: null, size: 0, broken: null, torn: false, unsigned: false, unreadable: null };
  const start = String.fromCharCode(...await file.read(0, SEAL.length));
  if (start === SEAL) {
    walk.unreadable = "a sealed file: only `lapel verify` with an evidence key opens it";
    return walk;
  }
  const begins = start.slice(4, 8) === "ftyp";
  const size = await partSize(file, 0);
  try {
    if (!begins || size === null) throw new BrokenError("the file does not begin with ftyp, moov and GENESIS");
    walk.chain = await Chain.begin(await file.read(0, size));
    walk.size = size;
  } catch (error) {
    const reason = stoppedBy(error);
    if (await holdsDocument(file, 0, file.size)) walk.broken = reason;
    else if (begins) walk.unsigned = true;
    else walk.unreadable = "the file is not a recording";
    return walk;
  }
  await walkParts(file, walk, walk.chain, told);
  return walk;
}

/** @param {Source} file @param {Walk} walk @param {Chain} chain @param {Told} told */
async function walkParts(file, walk, chain, told) {
  while (walk.size < file.size) {
    const size = await partSize(file, walk.size);
    try {
      if (size === null) throw new BrokenError("what follows is no whole unit of a recording");
      await chain.take(await file.read(walk.size, walk.size + size));
      walk.size += size;
    } catch (error) {
      const reason = stoppedBy(error);
      walk.torn = chain.end === null && await isTorn(file, walk.size);
      if (!walk.torn || chain.clip) walk.broken = reason;
      return;
    }
    told(walk.size / file.size);
  }
}

/**
 * Judge one recording.
 * 1. Walk it as far as it is what the camera signed. 2. Hold it against what stands beside
 * it. 3. Decide whether the signer is to be trusted at the proof time.
 * @param {Source} file @param {Trust} trust @param {bigint} nowMs
 * @param {Companions} companions @param {Told} [told] @returns {Promise<Report>}
 */
export async function judge(file, trust, nowMs, companions, told = () => {}) {
  const asked = companions.closing !== null || companions.receipts.length > 0;
  const share = asked ? 0.5 : 1;
  const walk = await walked(file, (done) => told(done * share));
  const { chain } = walk;
  if (!chain) return withoutChain(walk);
  const digest = asked ? await file.sha256((done) => told(0.5 + done / 2)) : new Uint8Array(32);
  chain.clip ||= companions.clip;
  if (chain.clip && walk.torn) walk.broken ??= "a clip that ends within a unit";
  /** @type {string[]} */
  const notes = [];
  const receipts = await openReceipts(companions, trust, notes);
  const findings = await compare(chain, { length: BigInt(file.size), sha256: digest }, companions, receipts);
  const proofMs = findings.proven.map((one) => one.received.received_ms).reduce(
    (least, one) => (least === null || one < least ? one : least),
    /** @type {bigint | null} */ (null),
  ) ?? nowMs;
  const [integrity, said] = integrityOf(walk, chain, findings);
  const extent = { size: walk.size, startMs: chain.startMs, endMs: chain.endMs };
  const found = { integrity, extent, chain, receipts: findings.proven, proofMs };
  try {
    const vouched = await checkSigner(chain.certificates, chain.genesis, trust, proofMs);
    const reasons = [...said, ...vouched.notes, ...notes, ...findings.notes];
    return { ...found, verdict: integrity, reasons, anchor: vouched.anchor };
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const reasons = [error.message, ...said, ...notes, ...findings.notes];
    return { ...found, verdict: "unknown-signer", reasons, anchor: null };
  }
}

/** @param {Walk} walk @returns {Report} */
function withoutChain(walk) {
  /** @type {[Verdict, string]} */
  let said = ["unreadable", walk.unreadable ?? "the file ends before it says whose it is"];
  if (walk.broken) said = ["tampered", walk.broken];
  else if (walk.unsigned) said = ["unsigned", "no signature of a camera is in this file"];
  const [verdict, reason] = said;
  return { verdict, integrity: verdict, extent: NOTHING, reasons: [reason], chain: null, anchor: null, receipts: [], proofMs: 0n };
}

/** First verdict that applies, apart from the signer, and its reasons. @param {Walk} walk @param {Chain} chain @param {Findings} findings @returns {[Verdict, string[]]} */
function integrityOf(walk, chain, findings) {
  const wrong = [...(walk.broken ? [walk.broken] : []), ...findings.contradictions];
  if (wrong.length) return ["tampered", wrong];
  if (chain.clip && chain.links.length) {
    return ["clip", ["these units follow each other as the camera signed them"]];
  }
  if (findings.missing.length) return ["shortened", findings.missing];
  if (chain.end) return ["authentic", ["everything up to END is as the camera signed it"]];
  if (findings.explained !== null && WITHOUT_END.includes(findings.explained) && !walk.torn) {
    return ["closed-by-power-loss", ["the camera's own closing entry says that it ends here without END"]];
  }
  return ["not-closed", ["no END, and nothing that explains it"]];
}

/** Words of the verdict; for TAMPERED also where and why. @param {Report} report @returns {string} */
export function said(report) {
  const first = words(report.verdict, report.extent);
  if (report.verdict !== "tampered") return first;
  const { size, endMs } = report.extent;
  return `${first} behind byte ${size}, second ${seconds(endMs)}: ${report.reasons[0]}`;
}
