// @ts-check
// A recording as a media source: parts are fetched by their place and given to the
// browser, so that a seek needs one request and never the whole file.

const AHEAD_S = 30;
const BEHIND_S = 60;
const BATCH = 4 << 20;

/** @typedef {{size: number, length_ms: number, start_ms: number, parts: [number, number, number][]}} Index */

/** @param {Uint8Array} init @returns {string} */
export function typeOf(init) {
  const text = new TextDecoder("latin1").decode(init);
  const at = text.indexOf("avcC");
  const hex = [...init.slice(at + 5, at + 8)].map((one) => one.toString(16).padStart(2, "0")).join("");
  const sound = text.includes("mp4a") ? ", mp4a.40.2" : "";
  return at < 0 ? "" : `video/mp4; codecs="avc1.${hex}${sound}"`;
}

export class Source {
  /** @param {HTMLVideoElement} video @param {string} url @param {Index} index */
  constructor(video, url, index) {
    this.video = video;
    this.url = url;
    this.index = index;
    this.next = 1;
    this.busy = false;
    /** @type {SourceBuffer | null} */
    this.buffer = null;
    /** @type {AbortController | null} */
    this.fetching = null;
  }

  /** @param {number} from @param {number} end @returns {Promise<Uint8Array<ArrayBuffer>>} */
  async bytes(from, end) {
    this.fetching = new AbortController();
    const answer = await fetch(this.url, { headers: { Range: `bytes=${from}-${end - 1}` }, signal: this.fetching.signal, credentials: "same-origin" });
    if (!answer.ok) throw new Error(`${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** @returns {Promise<boolean>} false where the browser cannot do it */
  async open() {
    const Media = /** @type {any} */ (window).ManagedMediaSource ?? window.MediaSource;
    if (!Media) return false;
    const [offset, size] = this.index.parts[0];
    const init = await this.bytes(offset, offset + size);
    const type = typeOf(init);
    if (!type || !Media.isTypeSupported(type)) return false;
    const media = new Media();
    this.video.disableRemotePlayback = true;
    const opened = new Promise((done) => media.addEventListener("sourceopen", done, { once: true }));
    this.video.src = URL.createObjectURL(media);
    await opened;
    URL.revokeObjectURL(this.video.src);
    this.media = media;
    this.buffer = media.addSourceBuffer(type);
    media.duration = this.index.length_ms / 1000;
    await this.append(init);
    this.video.addEventListener("timeupdate", () => this.fill());
    this.video.addEventListener("seeking", () => this.seek());
    await this.fill();
    return true;
  }

  /** @param {BufferSource} data */
  async append(data) {
    const buffer = this.buffer;
    if (!buffer) return;
    await new Promise((done, fail) => {
      buffer.addEventListener("updateend", done, { once: true });
      buffer.addEventListener("error", fail, { once: true });
      buffer.appendBuffer(data);
    });
  }

  /** Part that holds a media time. @param {number} seconds @returns {number} */
  partAt(seconds) {
    const ms = seconds * 1000 + 1;
    let low = 1;
    let high = this.index.parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.index.parts[middle][2] <= ms) low = middle; else high = middle - 1;
    }
    return low;
  }

  /** @param {number} seconds @returns {number} seconds that are buffered from there on */
  bufferedFrom(seconds) {
    const ranges = this.video.buffered;
    for (let i = 0; i < ranges.length; i += 1) {
      if (ranges.start(i) <= seconds + 0.1 && ranges.end(i) > seconds) return ranges.end(i) - seconds;
    }
    return 0;
  }

  seek() {
    if (this.bufferedFrom(this.video.currentTime) > 0.5) return;
    this.fetching?.abort();
    this.next = this.partAt(this.video.currentTime);
    this.again = true;
    this.fill();
  }

  async fill() {
    if (this.busy || !this.buffer) return;
    this.busy = true;
    try {
      while (this.next < this.index.parts.length && this.wanted()) {
        this.again = false;
        const first = this.next;
        let end = first + 1;
        const from = this.index.parts[first][0];
        const near = this.bufferedFrom(this.video.currentTime) < 2;
        const until = (this.video.currentTime + AHEAD_S) * 1000;
        while (end < this.index.parts.length && !near && this.index.parts[end][2] < until
          && this.index.parts[end][0] + this.index.parts[end][1] - from <= BATCH) end += 1;
        const last = this.index.parts[end - 1];
        const data = await this.bytes(from, last[0] + last[1]);
        if (this.next !== first) continue;
        await this.append(data);
        this.next = end;
        await this.forget();
      }
      if (this.next >= this.index.parts.length && this.media?.readyState === "open" && !this.buffer.updating) this.media.endOfStream();
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) this.video.dispatchEvent(new CustomEvent("lapel-trouble", { bubbles: true, detail: String(error) }));
    } finally {
      this.busy = false;
    }
    if (this.again) this.fill();
  }

  /** @returns {boolean} */
  wanted() {
    if (this.again) return true;
    const at = this.index.parts[this.next][2] / 1000;
    return at < this.video.currentTime + AHEAD_S;
  }

  async forget() {
    const buffer = this.buffer;
    const until = this.video.currentTime - BEHIND_S;
    if (!buffer || !buffer.buffered.length || buffer.buffered.start(0) > until - 10) return;
    await new Promise((done) => {
      buffer.addEventListener("updateend", done, { once: true });
      buffer.remove(0, until);
    });
  }
}
