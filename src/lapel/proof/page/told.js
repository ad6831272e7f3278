// @ts-check
// What is said of a report: a sentence in clock times, and lines of name and value.
import { hex } from "../../view/web/link/bytes.js";
import { REASONS } from "./documents.js";
import { said } from "./recording.js";
import { seconds, utc } from "./verdict.js";

/** @typedef {import("./recording.js").Report} Report */
/** @typedef {import("./verdict.js").Verdict} Verdict */

const SCENE = "that the scene was not staged, who is seen, or that the camera's clock was right beyond the quality named here";
/** @type {Record<Verdict, string>} */
const NOT_SAID = {
  unreadable: "what the file is, or that it was altered",
  unsigned: "who made the file, or whether it was altered",
  "unknown-signer": "who signed: anyone can make such a certificate",
  tampered: "who altered it, or why; the good part is as it was signed",
  clip: `what came before and after, ${SCENE}`,
  shortened: `what the missing part showed, or who left it out, ${SCENE}`,
  "not-closed": `whether more was recorded, ${SCENE}`,
  "closed-by-power-loss": `what was in front of it afterwards, ${SCENE}`,
  authentic: SCENE,
};
const CLOCK = [
  "not set: no wall-clock time is claimed", "kept by the camera since it was last set",
  "set by a dock without a server", "set by the agency's server",
];
/** Tone and icon of a verdict. @type {Record<Verdict, [string, string]>} */
const LOOKS = {
  unreadable: ["idle", "s-unknown"], unsigned: ["idle", "s-unknown"], "unknown-signer": ["warn", "s-unknown"],
  tampered: ["bad", "s-bad"], clip: ["good", "s-good"], shortened: ["warn", "s-part"],
  "not-closed": ["warn", "s-part"], "closed-by-power-loss": ["good", "s-good"], authentic: ["good", "s-good"],
};

/** @param {Report} report */
export function looks(report) {
  const [tone, icon] = LOOKS[report.verdict];
  return { tone, icon, title: `${said(report)} [${report.verdict}]` };
}

/** When the good part begins and ends. @param {Report} report @returns {[string, string]} */
function span(report) {
  const { startMs, endMs } = report.extent;
  const genesis = report.chain?.genesis;
  if (!genesis?.clock) return [`second ${seconds(startMs)}`, `second ${seconds(endMs)}`];
  return [utc(genesis.start_ms + startMs), utc(genesis.start_ms + endMs)];
}

/** The verdict as a sentence. @param {Report} report @returns {string} */
export function sentence(report) {
  const [from, to] = span(report);
  return {
    unreadable: "We cannot tell what this file is.",
    unsigned: "This file carries no signature of a camera. That does not make it false; we cannot tell.",
    "unknown-signer": "The file is signed, but nothing that you trust here says whose camera signed it.",
    tampered: `What follows ${to} is not what the camera signed, or what came with it contradicts it.`,
    clip: `From ${from} to ${to} this is exactly as the camera signed it. It is part of a longer recording.`,
    shortened: `From ${from} to ${to} nothing was changed. There was more that is not in this file.`,
    "not-closed": `Nothing was changed from ${from} to ${to}. The recording stops there, and nothing the camera signed says why.`,
    "closed-by-power-loss": `Nothing was changed from ${from} to ${to}. The camera has signed that nothing after that was recorded.`,
    authentic: `Nothing in this recording was changed since the camera signed it, ${from} to ${to}.`,
  }[report.verdict];
}

/** What the verdict leaves open. @param {Report} report @returns {string} */
export function notSaid(report) {
  return `It does not say ${NOT_SAID[report.verdict]}.`;
}

/** A fingerprint in groups that two people can read to each other. @param {Uint8Array<ArrayBuffer>} data */
export function grouped(data) {
  return (hex(data).match(/.{4}/g) ?? []).join(" ");
}

/** Names and values, for people. @param {Report} report @returns {[string, string][]} */
export function facts(report) {
  const { chain, anchor } = report;
  if (!chain) return [];
  const { genesis } = chain;
  const id = hex(genesis.recording).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  /** @type {[string, string][]} */
  const found = [
    ["Camera", `${genesis.model} ${genesis.serial}, firmware ${genesis.firmware}`],
    ["Trusted by", anchor ? `${anchor.title}, certificate ${grouped(anchor.fingerprint)}` : "nobody whom you trust here: the camera's word only"],
    ["Signer's certificate", grouped(chain.certificates[0].fingerprint)],
    ["From", span(report)[0]],
    ["To", span(report)[1]],
    ["Clock", CLOCK[genesis.clock]],
    ["Signed", `${chain.links.length} units, each signed by the camera`],
    ["Recording", id],
  ];
  if (report.verdict !== report.integrity) found.push(["Apart from the signer", report.integrity]);
  if (chain.end && report.integrity !== "tampered") found.push(["Closed", REASONS[chain.end.reason]]);
  for (const { received, index, checkpoint } of report.receipts) {
    found.push(["Receipt", `entry ${index} of the custody log ${checkpoint.origin}, received ${utc(received.received_ms)}`]);
  }
  found.push(["As signed", `${report.extent.size} bytes from the beginning`]);
  return found;
}

const ACTORS = ["the server", "user", "device"];
/** @type {Record<number, string>} */
const FIELDS = { 0: "from", 1: "by", 2: "role", 3: "text", 4: "before" };

/** @param {import("./custody.js").Custody} custody */
export function packageLooks(custody) {
  if (custody.wrong.length) return { tone: "bad", icon: "s-bad", title: "PACKAGE TAMPERED" };
  if (custody.vouched) return { tone: "good", icon: "s-good", title: "PACKAGE AS THE LOG SAYS" };
  return { tone: "idle", icon: "s-unknown", title: "PACKAGE UNPROVEN" };
}

/** An act: what, and when, by whom and with which words. @param {import("./custody.js").Told} act @returns {[string, string]} */
export function actSaid(act) {
  const name = (/** @type {number} */ field) => FIELDS[field] ?? `text ${field}`;
  const [kind, who] = act.leaf.actor;
  const texts = [...act.texts].sort(([one], [other]) => one - other).filter(([, text]) => text);
  const more = [...texts.map(([field, text]) => `${name(field)}: ${text}`), ...act.hidden.map((field) => `${name(field)}: no longer kept`)];
  const first = `${act.number}, ${utc(act.leaf.time_ms)}, by ${ACTORS[kind]} ${who}`;
  return [act.leaf.action, more.length ? `${first} (${more.join("; ")})` : first];
}

/** What an extract leaves open, and what only the command judges. @param {import("./custody.js").Custody} custody @returns {string} */
export function leftOpen(custody) {
  const last = custody.acts.at(-1)?.number ?? 0n;
  return `It does not say what was done with the recording after act ${last}. Whether the journal's entries follow each other, and whether certificates and receipt agree with the rest, is judged by the command lapel verify.`;
}
