// @ts-check
// SHA-256 of what is too large for memory (FIPS 180-4): WebCrypto has no hash that is fed
// piece by piece.
/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */

const BLOCK = 64;

/** First 32 bits of the fractional parts of roots. @param {number} count @param {number} power */
function roots(count, power) {
  /** @type {number[]} */
  const primes = [];
  for (let tried = 2; primes.length < count; tried += 1) {
    if (primes.every((prime) => tried % prime)) primes.push(tried);
  }
  return primes.map((prime) => ((prime ** power % 1) * 2 ** 32) | 0);
}

const K = Int32Array.from(roots(64, 1 / 3));

/** A hash in the making. */
export class Sha256 {
  #state = Int32Array.from(roots(8, 1 / 2));
  #words = new Int32Array(64);
  #rest = new Uint8Array(BLOCK);
  #held = 0;
  #length = 0;

  /** Go on with these bytes. @param {Bytes} data */
  update(data) {
    this.#length += data.length;
    let at = 0;
    if (this.#held) {
      at = Math.min(BLOCK - this.#held, data.length);
      this.#rest.set(data.subarray(0, at), this.#held);
      this.#held += at;
      if (this.#held < BLOCK) return;
      this.#block(this.#rest, 0);
    }
    for (; at + BLOCK <= data.length; at += BLOCK) this.#block(data, at);
    this.#held = data.length - at;
    this.#rest.set(data.subarray(at));
  }

  /** Close it. @returns {Bytes} */
  digest() {
    const size = (this.#held < 56 ? BLOCK : 2 * BLOCK) - this.#held;
    const padding = new Uint8Array(size);
    padding[0] = 0x80;
    const bits = this.#length * 8;
    const view = new DataView(padding.buffer);
    view.setUint32(size - 8, Math.floor(bits / 2 ** 32));
    view.setUint32(size - 4, bits % 2 ** 32);
    this.update(padding);
    const out = new Uint8Array(32);
    const written = new DataView(out.buffer);
    this.#state.forEach((word, place) => written.setInt32(place * 4, word));
    return out;
  }

  /** @param {Bytes} data @param {number} at */
  #block(data, at) {
    const w = this.#words;
    for (let i = 0; i < 16; i += 1) {
      const place = at + i * 4;
      w[i] = (data[place] << 24) | (data[place + 1] << 16) | (data[place + 2] << 8) | data[place + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      const [x, y] = [w[i - 15], w[i - 2]];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    let [a, b, c, d, e, f, g, h] = this.#state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g; g = f; f = e; e = (d + t1) | 0;
      d = c; c = b; b = a; a = (t1 + t2) | 0;
    }
    const s = this.#state;
    s[0] += a; s[1] += b; s[2] += c; s[3] += d;
    s[4] += e; s[5] += f; s[6] += g; s[7] += h;
  }
}

/** SHA-256 of bytes at hand. @param {Bytes} data @returns {Promise<Bytes>} */
export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}
