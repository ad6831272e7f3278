// @ts-check
// The Noise framework, as far as the link needs it: XX and KKpsk2, AES-GCM, SHA-256, on
// WebCrypto. The group is an argument: P-256 on the link, 25519 in tests, so that public
// vectors run through this very code. Noise's HKDF is RFC 5869 with an empty info, so the
// shared key of a pairing can stay a key that no script can read.
import { big, join, same, utf8 } from "./bytes.js";
import { HandshakeError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * A key pair of some group. `agree` throws `HandshakeError` for what is no point.
 * @typedef {{ point: Bytes, agree: (peer: Bytes) => Promise<Bytes> }} Pair
 */
/** @typedef {{ name: string, known: boolean, psk: boolean, messages: readonly (readonly string[])[] }} Pattern */
/** What a side brings. @typedef {{ static: Pair, peer: Bytes | null, psk: CryptoKey | null }} Known */
/** @typedef {{ hash: Bytes, chaining: Bytes, fromInitiator: Bytes, fromResponder: Bytes }} Keys */
/** @typedef {{ known: Known, ephemeral: Pair, prologue: Bytes, initiator: boolean }} Begin */

export const XX = [["e"], ["e", "ee", "s", "es"], ["s", "se"]];
export const KKPSK2 = [["e", "es", "ss"], ["e", "ee", "se", "psk"]];
/** @type {Pattern} */
export const PAIRING = { name: "Noise_XX_P256_AESGCM_SHA256", known: false, psk: false, messages: XX };
/** @type {Pattern} */
export const SESSION = { name: "Noise_KKpsk2_P256_AESGCM_SHA256", known: true, psk: true, messages: KKPSK2 };

const ECDH = { name: "ECDH", namedCurve: "P-256" };
const TAG = 16;
const NONCES_MOST = 2 ** 32;
const EMPTY = new Uint8Array(0);

/** A pair on P-256 behind a key that need not be readable. @param {CryptoKey} secret @param {Bytes} point @returns {Pair} */
export function p256(secret, point) {
  return {
    point,
    agree: async (peer) => {
      if (peer.length !== 65 || peer[0] !== 4) throw new HandshakeError("not a point");
      try {
        const other = await crypto.subtle.importKey("raw", peer, ECDH, true, []);
        return new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: other }, secret, 256));
      } catch {
        throw new HandshakeError("a point that is not on the curve");
      }
    },
  };
}

/** Make a pair whose secret no script can read. @returns {Promise<CryptoKeyPair>} */
export function freshPair() {
  return crypto.subtle.generateKey(ECDH, false, ["deriveBits"]);
}

/** @param {CryptoKeyPair} pair @returns {Promise<Pair>} */
export async function pairOf(pair) {
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return p256(pair.privateKey, point);
}

/** Hold bytes as a key that goes into an HKDF and comes out of nothing. @param {Bytes} material */
export function material(material) {
  return crypto.subtle.importKey("raw", material, "HKDF", false, ["deriveBits"]);
}

/**
 * Noise's HKDF: two or three outputs of 32 bytes.
 * @param {Bytes} chaining @param {Bytes | CryptoKey} given @param {number} [outputs] @returns {Promise<Bytes[]>}
 */
export async function hkdf(chaining, given, outputs = 2) {
  const key = given instanceof CryptoKey ? given : await material(given);
  const how = { name: "HKDF", hash: "SHA-256", salt: chaining, info: EMPTY };
  const all = new Uint8Array(await crypto.subtle.deriveBits(how, key, 256 * outputs));
  return Array.from({ length: outputs }, (_, at) => all.slice(32 * at, 32 * at + 32));
}

/** One direction's key and its counter; a counter is never used twice. */
export class Cipher {
  /** @param {CryptoKey} key @param {number} [counter] */
  constructor(key, counter = 0) {
    this.key = key;
    this.counter = counter;
  }

  /** @param {Bytes} raw @param {number} [counter] */
  static async of(raw, counter = 0) {
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    return new Cipher(key, counter);
  }

  /** @param {Bytes} associated */
  #how(associated) {
    if (this.counter >= NONCES_MOST) throw new HandshakeError("this key has been used as often as it may be");
    return { name: "AES-GCM", iv: big(this.counter, 12), additionalData: associated };
  }

  /** Encrypt with the next counter. @param {Bytes} plain @param {Bytes} associated @returns {Promise<Bytes>} */
  async encrypt(plain, associated) {
    const how = this.#how(associated);
    this.counter += 1;
    return new Uint8Array(await crypto.subtle.encrypt(how, this.key, plain));
  }

  /** Decrypt with the next counter, which moves only on success. @param {Bytes} sealed @param {Bytes} associated @returns {Promise<Bytes>} */
  async decrypt(sealed, associated) {
    if (sealed.length < TAG) throw new HandshakeError("a ciphertext without its tag");
    const how = this.#how(associated);
    try {
      const plain = new Uint8Array(await crypto.subtle.decrypt(how, this.key, sealed));
      this.counter += 1;
      return plain;
    } catch {
      throw new HandshakeError("a ciphertext that does not fit");
    }
  }
}

/** Chaining key, hash of all that was seen, and the key in force. */
class Symmetric {
  /** @param {Bytes} first */
  constructor(first) {
    this.chaining = first;
    this.hash = first;
    /** @type {Cipher | null} */
    this.cipher = null;
  }

  /** @param {string} name */
  static async start(name) {
    const raw = utf8(name);
    if (raw.length > 32) return new Symmetric(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)));
    return new Symmetric(join(raw, new Uint8Array(32 - raw.length)));
  }

  /** @param {Bytes} data */
  async mixHash(data) {
    this.hash = new Uint8Array(await crypto.subtle.digest("SHA-256", join(this.hash, data)));
  }

  /** @param {Bytes} secret */
  async mixKey(secret) {
    const [chaining, key] = await hkdf(this.chaining, secret);
    this.chaining = chaining;
    this.cipher = await Cipher.of(key);
  }

  /** @param {CryptoKey} secret */
  async mixKeyAndHash(secret) {
    const [chaining, seen, key] = await hkdf(this.chaining, secret, 3);
    this.chaining = chaining;
    await this.mixHash(seen);
    this.cipher = await Cipher.of(key);
  }

  /** @param {Bytes} plain @returns {Promise<Bytes>} */
  async encrypt(plain) {
    const sealed = this.cipher ? await this.cipher.encrypt(plain, this.hash) : plain;
    await this.mixHash(sealed);
    return sealed;
  }

  /** @param {Bytes} sealed @returns {Promise<Bytes>} */
  async decrypt(sealed) {
    const plain = this.cipher ? await this.cipher.decrypt(sealed, this.hash) : sealed;
    await this.mixHash(sealed);
    return plain;
  }
}

/** One side of a handshake; `write` and `read` in turn. After an error it is of no use. */
export class Handshake {
  #number = 0;
  #failed = false;
  /** @type {Bytes} */
  #peerEphemeral = EMPTY;
  /** @type {Bytes} */
  #peerStatic;

  /** @param {Pattern} pattern @param {Begin} begin @param {Symmetric} state */
  constructor(pattern, begin, state) {
    this.pattern = pattern;
    this.begin = begin;
    this.state = state;
    this.#peerStatic = begin.known.peer ?? EMPTY;
  }

  /**
   * Begin; the ephemeral pair is fresh and used for this handshake only. Throws
   * `HandshakeError` where the pattern wants a key that is not there.
   * @param {Pattern} pattern @param {Begin} begin
   */
  static async start(pattern, begin) {
    const { known, prologue, initiator } = begin;
    if (pattern.known !== (known.peer !== null) || pattern.psk !== (known.psk !== null)) {
      throw new HandshakeError("a key that this handshake needs is missing");
    }
    const state = await Symmetric.start(pattern.name);
    await state.mixHash(prologue);
    if (known.peer !== null) {
      const both = initiator ? [known.static.point, known.peer] : [known.peer, known.static.point];
      for (const point of both) await state.mixHash(point);
    }
    return new Handshake(pattern, begin, state);
  }

  /** The other side's static key, once it is known. */
  get peerStatic() {
    return this.#peerStatic;
  }

  /** Whether all messages have passed. */
  get done() {
    return this.#number === this.pattern.messages.length;
  }

  /** Write the next message. @param {Bytes} [payload] @returns {Promise<Bytes>} */
  async write(payload = EMPTY) {
    const tokens = this.#turn(true);
    /** @type {Bytes[]} */
    const parts = [];
    for (const token of tokens) {
      if (token === "e") {
        parts.push(this.begin.ephemeral.point);
        await this.#saw(this.begin.ephemeral.point);
      } else if (token === "s") {
        parts.push(await this.state.encrypt(this.begin.known.static.point));
      } else {
        await this.#mix(token);
      }
    }
    parts.push(await this.state.encrypt(payload));
    this.#over();
    return join(...parts);
  }

  /**
   * Read the other side's message; gives its payload. Throws `HandshakeError`: 1. every
   * part is there, 2. every point is on the curve and not one of our own, 3. every tag holds.
   * @param {Bytes} message @returns {Promise<Bytes>}
   */
  async read(message) {
    const tokens = this.#turn(false);
    const size = this.begin.ephemeral.point.length;
    let rest = message;
    for (const token of tokens) {
      if (token !== "e" && token !== "s") {
        await this.#mix(token);
        continue;
      }
      const cut = size + (token === "s" && this.state.cipher ? TAG : 0);
      if (rest.length < cut) throw new HandshakeError("a message that is too short");
      const part = rest.slice(0, cut);
      rest = rest.slice(cut);
      if (token === "e") {
        this.#peerEphemeral = this.#notOurs(part);
        await this.#saw(part);
      } else {
        this.#peerStatic = this.#notOurs(await this.state.decrypt(part));
      }
    }
    const payload = await this.state.decrypt(rest);
    this.#over();
    return payload;
  }

  /** Give the keys when all messages have passed. @returns {Promise<Keys>} */
  async split() {
    if (!this.done) throw new HandshakeError("the handshake has not ended");
    const [fromInitiator, fromResponder] = await hkdf(this.state.chaining, EMPTY);
    return { hash: this.state.hash, chaining: this.state.chaining, fromInitiator, fromResponder };
  }

  /** @param {boolean} mine @returns {readonly string[]} */
  #turn(mine) {
    const turn = (this.#number % 2 === 0) === this.begin.initiator;
    if (this.#failed || this.done || turn !== mine) {
      throw new HandshakeError("not this side's turn, or the handshake has ended");
    }
    this.#failed = true; // until the message is whole
    return this.pattern.messages[this.#number];
  }

  #over() {
    this.#failed = false;
    this.#number += 1;
  }

  /** @param {Bytes} point */
  async #saw(point) {
    await this.state.mixHash(point);
    if (this.pattern.psk) await this.state.mixKey(point);
  }

  /** @param {Bytes} point */
  #notOurs(point) {
    const { ephemeral, known } = this.begin;
    if (same(point, ephemeral.point) || same(point, known.static.point)) {
      throw new HandshakeError("our own key came back");
    }
    return point;
  }

  /** @param {string} token */
  async #mix(token) {
    const { ephemeral, known, initiator } = this.begin;
    if (token === "psk") {
      if (known.psk) await this.state.mixKeyAndHash(known.psk);
      return;
    }
    const ours = token[initiator ? 0 : 1] === "e" ? ephemeral : known.static;
    const theirs = token[initiator ? 1 : 0] === "e" ? this.#peerEphemeral : this.#peerStatic;
    await this.state.mixKey(await ours.agree(theirs));
  }
}
