// @ts-check
// Anchors from outside: CA certificates, receipt keys, log keys, revocation lists. Nothing
// inside a recording or package is trusted because it is there.
import { MalformedError } from "../../view/web/link/errors.js";
import { latin } from "./boxes.js";
import { Certificate, checkPath, readKey, RevocationList } from "./certs.js";
import { SignatureError } from "./failures.js";
import { readVkey } from "./log.js";
import { utc } from "./verdict.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {{ authorities: Certificate[], receiptKeys: Bytes[], logs: import("./log.js").Log[], revocations: RevocationList[] }} Trust */
/** @typedef {{ proofMs: bigint, startMs: bigint, clock: number }} Moment */

const CAMERA_SIGN = 1;
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([^]*?)-----END \1-----\r?\n?/g;

/** Believe nobody yet. @returns {Trust} */
export function nobody() {
  return { authorities: [], receiptKeys: [], logs: [], revocations: [] };
}

/** @param {string} inner @returns {Bytes} */
function unwrapped(inner) {
  try {
    return Uint8Array.from(atob(inner.replace(/\s+/g, "")), (one) => one.charCodeAt(0));
  } catch {
    throw new MalformedError("a block in PEM that is none");
  }
}

/** Read a trust file: PEM blocks and vkey lines, or one certificate in DER. @param {Bytes} data @param {Trust} into */
export async function readTrust(data, into) {
  if (data[0] === 0x30 && (data[1] === 0x81 || data[1] === 0x82)) {
    into.authorities.push(await Certificate.read(data));
    return;
  }
  const text = Array.from({ length: Math.ceil(data.length / 4096) }, (_, place) => latin(data.subarray(place * 4096, (place + 1) * 4096))).join("");
  for (const [, kind, inner] of text.matchAll(BLOCK)) await block(kind, unwrapped(inner), into);
  const rest = text.replace(BLOCK, "").split(/\r\n|\r|\n/);
  for (const line of rest) {
    if (!line.trim() || line.startsWith("#")) continue;
    const written = new TextDecoder().decode(Uint8Array.from(line, (one) => one.charCodeAt(0)));
    into.logs.push(await readVkey(written));
  }
}

/** @param {string} kind @param {Bytes} der @param {Trust} into */
async function block(kind, der, into) {
  if (kind === "CERTIFICATE") into.authorities.push(await Certificate.read(der));
  else if (kind === "PUBLIC KEY") into.receiptKeys.push(await readKey(der));
  else if (kind === "X509 CRL") into.revocations.push(RevocationList.read(der));
  else throw new MalformedError(`a trust file with a block ${kind}`);
}

/**
 * The anchor that stands for a recording's signer, else `SignatureError`.
 * 1. The leaf's role is camera sign. 2. Its serial and model are GENESIS's. 3. A path leads
 * to a trusted CA. 4. Proof time, and start time unless the clock was unset, lie within the
 * validity of each certificate. 5. None was revoked before the proof time, nor was the
 * recording begun after the date since when it is not good.
 * @param {Certificate[]} chain @param {import("./documents.js").GenesisFields} genesis
 * @param {Trust} trust @param {bigint} proofMs @returns {Promise<{ anchor: Certificate, notes: string[] }>}
 */
export async function checkSigner(chain, genesis, trust, proofMs) {
  const [leaf] = chain;
  if (leaf.role !== CAMERA_SIGN) {
    throw new SignatureError("the signer's certificate is not for signing recordings");
  }
  if (leaf.serial !== genesis.serial || leaf.model !== genesis.model) {
    throw new SignatureError("the signer's certificate names another camera");
  }
  const path = await checkPath(chain, trust.authorities);
  const moment = { proofMs, startMs: genesis.start_ms, clock: genesis.clock };
  path.forEach((one) => checkDates(one, moment));
  /** @type {string[]} */
  const notes = [];
  for (let place = 0; place + 1 < path.length; place += 1) {
    notes.push(...await checkRevoked(path[place], path[place + 1], trust, moment));
  }
  return { anchor: path[path.length - 1], notes };
}

/** @param {Certificate} certificate @param {Moment} moment */
function checkDates(certificate, moment) {
  if (!certificate.holds(moment.proofMs)) {
    throw new SignatureError("a certificate that is not valid at the proof time");
  }
  if (moment.clock && !certificate.holds(moment.startMs)) {
    throw new SignatureError("a certificate that was not valid at the start");
  }
}

/** @param {Certificate} certificate @param {Certificate} issuer @param {Trust} trust @param {Moment} moment */
async function checkRevoked(certificate, issuer, trust, moment) {
  /** @type {string[]} */
  const notes = [];
  for (const list of trust.revocations) {
    const found = await list.issuedBy(issuer) ? list.entries.get(certificate.number) : undefined;
    if (!found) continue;
    const day = utc(found.revoked);
    if (moment.proofMs > found.revoked) {
      throw new SignatureError(`the certificate was revoked on ${day}, before the proof time`);
    }
    if (moment.clock && moment.startMs > found.invalid) {
      throw new SignatureError("the recording began after the key was in doubt");
    }
    notes.push(`the certificate was revoked on ${day}; what was proved before stays good`);
  }
  return notes;
}
