// The page's verifier in Node.js: one case a line, one report a line.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const page = pathToFileURL(`${process.argv[2]}/`);
const { judge, said } = await import(new URL("recording.js", page));
const { Source } = await import(new URL("source.js", page));
const { nobody, readTrust } = await import(new URL("trust.js", page));
const { judgeCustody } = await import(new URL("custody.js", page));
const { openPackage } = await import(new URL("package.js", page));
const { EXITS } = await import(new URL("verdict.js", page));

if (process.argv[3] === "old") {
  const importKey = crypto.subtle.importKey.bind(crypto.subtle);
  crypto.subtle.importKey = (format, data, algorithm, ...more) => {
    if (algorithm === "Ed25519") throw new DOMException("not here", "NotSupportedError");
    return importKey(format, data, algorithm, ...more);
  };
}

const raw = (text) => new Uint8Array(Buffer.from(text, "base64"));
const hex = (data) => Buffer.from(data).toString("hex");

async function custodyOf(given, trust) {
  try {
    const { small, sealed } = await openPackage(new Blob([raw(given.data)]));
    const hash = sealed && await new Source(sealed).sha256(() => {});
    const found = await judgeCustody(small, hash, raw(given.recording), trust.logs);
    const acts = found.acts.map((one) => [Number(one.number), Object.fromEntries(one.texts), one.hidden]);
    return { vouched: found.vouched, notes: found.notes, wrong: found.wrong.join("\n"), acts };
  } catch (error) {
    if (error.code !== "malformed") throw error;
    return { refused: true };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  const trust = nobody();
  for (const file of given.trust) await readTrust(raw(file), trust);
  if (given.recording) {
    process.stdout.write(`${JSON.stringify(await custodyOf(given, trust))}\n`);
    continue;
  }
  const companions = {
    closing: given.closing === null ? null : raw(given.closing),
    anchors: given.anchors.map(raw),
    receipts: given.receipts.map(raw),
    clip: given.clip,
  };
  const report = await judge(new Source(new Blob([raw(given.data)])), trust, BigInt(given.now_ms), companions);
  process.stdout.write(`${JSON.stringify({
    verdict: report.verdict,
    integrity: report.integrity,
    exit: EXITS[report.verdict],
    size: report.extent.size,
    start_ms: Number(report.extent.startMs),
    end_ms: Number(report.extent.endMs),
    words: said(report),
    reasons: report.reasons.join("\n"),
    units: report.chain?.links.length ?? 0,
    anchor: report.anchor && hex(report.anchor.fingerprint),
    receipts: report.receipts.map((one) => Number(one.index)),
    proof_ms: Number(report.proofMs),
  })}\n`);
}
