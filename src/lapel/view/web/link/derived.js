// @ts-check
// What the link derives and encrypts once a handshake is done: frames, the comparison,
// tokens, and access to the camera's Wi-Fi.
import { big, join, number, octets, same, utf8 } from "./bytes.js";
import { HandshakeError } from "./errors.js";
import { Cipher, hkdf } from "./noise.js";
import { isFrame } from "./wire.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./noise.js").Keys} Keys */
/** @typedef {{ digits: string, flashes: number[] }} Code flashes are numbers into `COLOURS` */

export const COLOURS = Object.freeze(["red", "green", "blue", "yellow"]);
export const NONCE = 16;
const NAME = "lapel-link/1 ";
const HMAC = { name: "HMAC", hash: "SHA-256" };
const [HEAD, TAG] = [8, 16];

/** Hold bytes as a key for HMAC that no script can read. @param {Bytes} raw */
export function hmacKey(raw) {
  return crypto.subtle.importKey("raw", raw, HMAC, false, ["sign"]);
}

/** @param {Bytes | CryptoKey} key @param {Bytes} data @returns {Promise<Bytes>} */
export async function hmac(key, data) {
  const held = key instanceof CryptoKey ? key : await hmacKey(key);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, data));
}

/** Derive one of the keys that a pairing leaves. @param {Keys} keys @param {"psk" | "wifi" | "disc"} which @returns {Promise<Bytes>} */
export async function derive(keys, which) {
  const [found] = await hkdf(keys.chaining, utf8(NAME + which));
  return found;
}

/** Encrypts the frames of one direction; counters rise from 0. */
export class Sending {
  /** @param {Cipher} cipher */
  constructor(cipher) {
    this.cipher = cipher;
  }

  /** @param {number} type @param {Bytes} plain @returns {Promise<Bytes>} */
  async frame(type, plain) {
    const head = join(octets(type), big(this.cipher.counter, HEAD - 1));
    return join(head, await this.cipher.encrypt(plain, head));
  }
}

/** Opens the frames of one direction; after the first wrong one it opens none. */
export class Receiving {
  /** @param {Cipher} cipher */
  constructor(cipher) {
    /** @type {Cipher | null} */
    this.cipher = cipher;
  }

  /**
   * Open the next frame. Throws `HandshakeError` unless: 1. it is long enough, 2. its
   * counter is exactly the next, 3. its tag covers type, counter and content, 4. its type exists.
   * @param {Bytes} frame @returns {Promise<{ type: number, plain: Bytes }>}
   */
  async open(frame) {
    const cipher = this.cipher;
    this.cipher = null; // until this one has held
    if (cipher === null) throw new HandshakeError("the keys of this link are gone");
    if (frame.length < HEAD + TAG) throw new HandshakeError("a frame that is too short");
    const head = frame.slice(0, HEAD);
    if (number(head.slice(1)) !== cipher.counter) throw new HandshakeError("a frame out of order");
    const plain = await cipher.decrypt(frame.slice(HEAD), head);
    if (!isFrame(head[0])) throw new HandshakeError("a frame of a type that does not exist");
    this.cipher = cipher;
    return { type: head[0], plain };
  }
}

/** What the camera commits itself to before it sees the app's nonce. @param {Bytes} hash @param {Bytes} cameraNonce */
export function commitment(hash, cameraNonce) {
  return hmac(hash, join(utf8(`${NAME}sas commit`), cameraNonce));
}

/** Whether a nonce is the one committed to. @param {Bytes} hash @param {Bytes} committed @param {Bytes} cameraNonce */
export async function opens(hash, committed, cameraNonce) {
  return same(committed, await commitment(hash, cameraNonce));
}

/** What both sides show. @param {Bytes} hash @param {Bytes} appNonce @param {Bytes} cameraNonce @returns {Promise<Code>} */
export async function code(hash, appNonce, cameraNonce) {
  const mac = await hmac(hash, join(utf8(`${NAME}sas`), appNonce, cameraNonce));
  const whole = mac.slice(0, 8).reduce((sum, one) => sum * 256n + BigInt(one), 0n);
  const flashes = [...mac.slice(8, 10)].flatMap((one) => [6, 4, 2, 0].map((shift) => (one >> shift) & 3));
  return { digits: String(whole % 1_000_000n).padStart(6, "0"), flashes };
}

/** The camera's token in one slot. @param {Bytes | CryptoKey} disc @param {number} slot @returns {Promise<Bytes>} */
export async function token(disc, slot) {
  return (await hmac(disc, big(slot, 4))).slice(0, 8);
}

/** Name and passphrase of one opening of the camera's Wi-Fi. @param {Bytes | CryptoKey} wifi @param {Bytes} nonce */
export async function access(wifi, nonce) {
  const ssid = await hmac(wifi, join(utf8("ssid"), nonce));
  const key = await hmac(wifi, join(utf8("key"), nonce));
  return { ssid: base32(ssid.slice(0, 10)), passphrase: base32(key.slice(0, 20)) };
}

/** @param {Bytes} data a multiple of 5 bytes */
function base32(data) {
  const bits = [...data].map((one) => one.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{5}/g) ?? []).map((five) => "abcdefghijklmnopqrstuvwxyz234567"[parseInt(five, 2)]).join("");
}
