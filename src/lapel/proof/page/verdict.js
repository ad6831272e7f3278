// @ts-check
// Verdicts on a recording: stable codes, their words, and exit codes.

/** @typedef {"unreadable" | "unsigned" | "unknown-signer" | "tampered" | "clip" | "shortened" | "not-closed" | "closed-by-power-loss" | "authentic"} Verdict */
/** How much is good: bytes of the file, and media time in ms. @typedef {{ size: number, startMs: bigint, endMs: bigint }} Extent */

/** @type {Record<Verdict, number>} */
export const EXITS = {
  unreadable: 2, unsigned: 2, "unknown-signer": 2, tampered: 1, clip: 0, shortened: 3,
  "not-closed": 3, "closed-by-power-loss": 0, authentic: 0,
};

const YEAR_10000 = 253_402_300_800_000n;

/** Milliseconds as seconds, without needless zeros. @param {bigint} ms @returns {string} */
export function seconds(ms) {
  return `${ms / 1000n}.${String(ms % 1000n).padStart(3, "0")}`.replace(/0+$/, "").replace(/\.$/, "");
}

/** UTC milliseconds as a time. @param {bigint} ms @returns {string} */
export function utc(ms) {
  if (ms >= YEAR_10000) return `${ms} ms after 1970 UTC`;
  return new Date(Number(ms)).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** First words for people. @param {Verdict} verdict @param {Extent} extent @returns {string} */
export function words(verdict, extent) {
  const [start, end] = [seconds(extent.startMs), seconds(extent.endMs)];
  return {
    unreadable: "UNREADABLE",
    unsigned: "UNSIGNED",
    "unknown-signer": "SIGNED, SIGNER UNKNOWN",
    tampered: "TAMPERED",
    clip: `AUTHENTIC CLIP, seconds ${start} to ${end}`,
    shortened: `AUTHENTIC TO second ${end}, REST MISSING`,
    "not-closed": `AUTHENTIC TO second ${end}, NOT CLOSED`,
    "closed-by-power-loss": `AUTHENTIC, CUT SHORT at second ${end}`,
    authentic: "AUTHENTIC",
  }[verdict];
}
