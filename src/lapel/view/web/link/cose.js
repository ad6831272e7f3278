// @ts-check
// Signed documents: COSE_Sign1 with ES256, as the reference of formats has them. View and
// the verifier's page only check them, and work on the bytes they received.
import { hex, same, utf8 } from "./bytes.js";
import { decode, decodeMap, encode, isBytes } from "./cbor.js";
import { HandshakeError, MalformedError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{ protected: Bytes, kid: Bytes, x5chain: Bytes[], payload: Bytes, signature: Bytes }} Sign1 */

const MOST = 4096;
const [ALG, KID, X5CHAIN] = [1, 4, 33];
const ES256 = -7;
const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const SHA256 = { name: "ECDSA", hash: "SHA-256" };
const HALF_ORDER = 0x7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8n;

/**
 * Take a document apart; throws `MalformedError` for any other shape. Certificates stand
 * only in documents that are `chained`.
 * @param {Bytes} data @param {number} [most] @param {boolean} [chained] @returns {Sign1}
 */
export function parse(data, most = MOST, chained = false) {
  if (data.length > most || data[0] !== 0xd2 || data[1] !== 0x84) {
    throw new MalformedError("not a signed document");
  }
  const items = decode(data.slice(1), most);
  if (!Array.isArray(items) || items.length !== 4) throw new MalformedError("not four parts");
  const [header, open, payload, signature] = items;
  if (!isBytes(header) || !isBytes(payload) || !isBytes(signature)) {
    throw new MalformedError("a part that is no byte string");
  }
  if (!(open instanceof Map) || open.size !== 0 || signature.length !== 64) {
    throw new MalformedError("an unprotected header, or a signature not of 64 bytes");
  }
  const { kid, x5chain } = headerOf(header, most);
  if (x5chain.length && !chained) throw new MalformedError("certificates where none belong");
  return { protected: header, kid, x5chain, payload, signature };
}

/** @param {Bytes} header @param {number} most @returns {{ kid: Bytes, x5chain: Bytes[] }} */
function headerOf(header, most) {
  const items = decodeMap(header, most);
  const [kid, x5chain] = [items.get(KID), items.get(X5CHAIN)];
  if (items.get(ALG) !== ES256 || !isBytes(kid) || kid.length !== 8) {
    throw new MalformedError("another algorithm, or no key id");
  }
  if (items.size !== (items.has(X5CHAIN) ? 3 : 2)) throw new MalformedError("a header too many");
  if (!items.has(X5CHAIN)) return { kid, x5chain: [] };
  if (isBytes(x5chain)) return { kid, x5chain: [x5chain] };
  if (!Array.isArray(x5chain) || x5chain.length < 2 || x5chain.length > 4 || !x5chain.every(isBytes)) {
    throw new MalformedError("one to four certificates");
  }
  return { kid, x5chain };
}

/**
 * Give the payload of a document of `kind` that this key signed.
 * @param {string} kind @param {Bytes} data @param {Bytes} point @returns {Promise<Bytes>}
 */
export async function check(kind, data, point) {
  const document = parse(data);
  await verify(kind, document, point);
  return document.payload;
}

/**
 * Throw `HandshakeError` unless this key signed a document as one of `kind`.
 * 1. Its key id is this key's. 2. The signature is the one with the lower s. 3. It covers
 * type, header and payload.
 * @param {string} kind @param {Sign1} document @param {Bytes} point @returns {Promise<void>}
 */
export async function verify(kind, document, point) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", point));
  if (!same(document.kid, digest.slice(0, 8))) {
    throw new HandshakeError(`a ${kind} document signed by another key`);
  }
  const s = BigInt(`0x${hex(document.signature.slice(32))}`);
  if (s === 0n || s > HALF_ORDER) throw new HandshakeError("a signature out of range");
  const signed = encode(["Signature1", document.protected, utf8(`lapel/${kind}/1`), document.payload]);
  const key = await publicKey(point);
  if (!await crypto.subtle.verify(SHA256, key, document.signature, signed)) {
    throw new HandshakeError("a signature that does not fit");
  }
}

/** Read a point as a key; throws `MalformedError` off the curve. @param {Bytes} point */
export async function publicKey(point) {
  if (point.length !== 65 || point[0] !== 4) throw new MalformedError("a point has 65 bytes");
  try {
    return await crypto.subtle.importKey("raw", point, ECDSA, true, ["verify"]);
  } catch {
    throw new MalformedError("a point that is not on the curve");
  }
}

