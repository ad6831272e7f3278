// @ts-check
// A file that is read in slices, however large it is.
import { Sha256 } from "./sha256.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */

const WINDOW = 1 << 22;

/** What this page does not take into memory at once; `lapel verify` has no such bound. */
export const TAKEN_MOST = 1 << 29;

/** A part too large for a browser: neither good nor bad, not judged here. */
export class TooLargeError extends Error {
  code = "too-large";
}

/** Bytes of a file, read as they are asked for. */
export class Source {
  #window = new Uint8Array(0);
  #start = 0;

  /** @param {Blob} blob */
  constructor(blob) {
    this.blob = blob;
    this.size = blob.size;
  }

  /** Bytes from `start` to `end`, fewer at the end of the file. @param {number} start @param {number} end @returns {Promise<Bytes>} */
  async read(start, end) {
    const stop = Math.min(end, this.size);
    if (stop <= start) return new Uint8Array(0);
    if (stop - start > TAKEN_MOST) {
      throw new TooLargeError("a unit larger than a browser takes into memory: use `lapel verify`");
    }
    if (start < this.#start || stop > this.#start + this.#window.length) {
      const size = Math.max(stop - start, WINDOW);
      const slice = this.blob.slice(start, Math.min(start + size, this.size));
      this.#window = new Uint8Array(await slice.arrayBuffer());
      this.#start = start;
      if (this.#window.length < stop - start) throw new TooLargeError("the file became shorter while it was read");
    }
    return this.#window.subarray(start - this.#start, stop - this.#start);
  }

  /** SHA-256 of all of it. @param {(done: number) => void} told @returns {Promise<Bytes>} */
  async sha256(told) {
    const running = new Sha256();
    for (let at = 0; at < this.size; at += WINDOW) {
      running.update(await this.read(at, at + WINDOW));
      told(Math.min(at + WINDOW, this.size) / this.size);
    }
    return running.digest();
  }
}
