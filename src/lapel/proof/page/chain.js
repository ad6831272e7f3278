// @ts-check
// The chain of a recording, walked part by part. A part is what lies between the ends of
// two of our boxes: `ftyp moov GENESIS`, then units with their LINK, then END.
import { same } from "../../view/web/link/bytes.js";
import { verify } from "../../view/web/link/cose.js";
import { boxHead, checkEmsg, children, HEAD, kindOf, UUID_HEAD } from "./boxes.js";
import { Certificate } from "./certs.js";
import { end as End, genesis as Genesis, limitOf, link as Link, parse } from "./documents.js";
import { BrokenError, why } from "./failures.js";
import { videoSpan, videoTrack } from "./media.js";
import { Order } from "./order.js";
import { sha256 } from "./sha256.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./boxes.js").Box} Box */
/** @typedef {import("./source.js").Source} Source */
/** @typedef {{ kind: import("./boxes.js").DocumentKind, body: Bytes, document: Bytes, fragments: Box[] }} Part */
/** @typedef {{ fields: import("./documents.js").GenesisFields, hash: Bytes, certificates: Certificate[], video: import("./media.js").Track }} Start */

const LAST_BEFORE = { genesis: "moov", link: "mdat", end: "" };

/**
 * Cut a part at its closing uuid box; throws `BrokenError`.
 * 1. Its boxes stand in the order of the grammar. 2. Each mark is one of ours. 3. It ends
 * with a box of ours, of the kind that belongs behind them.
 * @param {Bytes} part @returns {Part}
 */
function cut(part) {
  const order = new Order();
  /** @type {Box[]} */
  const fragments = [];
  /** @type {Box | undefined} */
  let last;
  let before = "";
  try {
    for (const one of children(part, 0, part.length)) {
      before = order.before;
      order.take(one.kind);
      if (one.kind === "moof") fragments.push(one);
      if (one.kind === "emsg") checkEmsg(part.subarray(one.payload, one.end));
      last = one;
    }
  } catch (error) {
    throw new BrokenError(why(error));
  }
  if (last?.kind !== "uuid") throw new BrokenError("a part that does not end with a signature");
  const [kind, document] = documentIn(part, last);
  if (before !== LAST_BEFORE[kind]) throw new BrokenError(`a box of kind ${kind.toUpperCase()} out of its place`);
  return { kind, body: part.subarray(0, last.start), document, fragments };
}

/** @param {Bytes} part @param {Box} last @returns {[Part["kind"], Bytes]} */
function documentIn(part, last) {
  const kind = kindOf(part.subarray(last.payload, last.payload + 16));
  if (!kind) throw new BrokenError("a uuid box that is not ours");
  if (last.end - last.start - UUID_HEAD > limitOf(kind)) {
    throw new BrokenError(`a ${kind.toUpperCase()} that is too long`);
  }
  return [kind, part.slice(last.start + UUID_HEAD, last.end)];
}

/** Have a refusal named by what it was about. @template T @param {string} name @param {() => Promise<T>} act @returns {Promise<T>} */
async function named(name, act) {
  try {
    return await act();
  } catch (error) {
    if (error instanceof BrokenError) throw error;
    throw new BrokenError(`${name}: ${why(error)}`);
  }
}

/** A recording's chain as far as it has been walked, all of it verified so far. */
export class Chain {
  clip = false;
  firstIndex = 0n;
  /** @type {Bytes[]} */
  heads = [];
  /** @type {import("./documents.js").LinkFields[]} */
  links = [];
  /** @type {import("./documents.js").EndFields | null} */
  end = null;
  endMs = 0n;

  /** @param {Start} start */
  constructor(start) {
    this.genesis = start.fields;
    this.genesisHash = start.hash;
    this.certificates = start.certificates;
    this.key = start.certificates[0].point;
    this.video = start.video;
  }

  /**
   * Open the first part.
   * 1. It is `ftyp moov GENESIS` and nothing else. 2. GENESIS verifies under its own leaf.
   * 3. Its hash of `ftyp moov` is right. Whether the leaf is to be trusted is decided
   * elsewhere.
   * @param {Bytes} data @returns {Promise<Chain>}
   */
  static async begin(data) {
    const part = cut(data);
    if (part.kind !== "genesis") {
      throw new BrokenError("the file does not begin with ftyp, moov and GENESIS");
    }
    const start = await named("GENESIS", async () => {
      const document = parse("genesis", part.document);
      const certificates = await Promise.all(document.x5chain.map((der) => Certificate.read(der)));
      if (!certificates.length) throw new BrokenError("GENESIS: GENESIS without a certificate");
      await verify("genesis", document, certificates[0].point);
      const fields = Genesis.decode(document.payload);
      return { fields, hash: await sha256(part.document), certificates, video: videoTrack(part.body) };
    });
    if (!same(await sha256(part.body), start.fields.init_hash)) {
      throw new BrokenError("ftyp and moov are not what GENESIS names");
    }
    return new Chain(start);
  }

  /** Chain hash of the last LINK, or of GENESIS. */
  get head() {
    return this.heads.at(-1) ?? this.genesisHash;
  }

  /** Number that the next LINK must carry; END's count of links. */
  get count() {
    return this.firstIndex + BigInt(this.links.length);
  }

  /** Media time of the first picture. */
  get startMs() {
    return this.links[0]?.media_ms ?? 0n;
  }

  get #lastMono() {
    return this.links.at(-1)?.mono_ms ?? this.genesis.mono_ms;
  }

  /** Walk one part further; throws `BrokenError` and then stays as it was. @param {Bytes} data */
  async take(data) {
    if (this.end) throw new BrokenError("something stands behind END");
    const part = cut(data);
    if (part.kind === "genesis") throw new BrokenError("a second GENESIS");
    await named(part.kind.toUpperCase(), () => (part.kind === "link" ? this.#takeUnit(part) : this.#takeEnd(part)));
  }

  /** @param {Part} part @returns {Promise<Bytes>} */
  async #signed(part) {
    const document = parse(part.kind, part.document);
    await verify(part.kind, document, this.key);
    return document.payload;
  }

  /**
   * Check a unit.
   * 1. LINK is signed by GENESIS's key. 2. It names this GENESIS, the next index and the
   * LINK before it. 3. The unit's hash is right. 4. Media time rises and equals the media;
   * the camera's monotonic time does not fall.
   * @param {Part} part
   */
  async #takeUnit(part) {
    const link = Link.decode(await this.#signed(part));
    this.#checkPlace(link);
    if (!same(link.unit_hash, await sha256(part.body))) {
      throw new BrokenError(`unit ${link.index} is not what the camera signed`);
    }
    const endMs = this.#checkTimes(link, part);
    const head = await sha256(part.document);
    if (!this.links.length && link.index) {
      this.clip = true;
      this.firstIndex = link.index;
    }
    this.endMs = endMs;
    this.links.push(link);
    this.heads.push(head);
  }

  /** @param {import("./documents.js").LinkFields} link */
  #checkPlace(link) {
    if (!same(link.genesis, this.genesisHash)) throw new BrokenError("a LINK of another recording");
    const first = !this.links.length;
    if (!first && link.index !== this.count) {
      throw new BrokenError(`unit ${this.count} is missing or out of order`);
    }
    if (!(first && link.index) && !same(link.prev, this.head)) {
      throw new BrokenError(`LINK ${link.index} does not follow the one before it`);
    }
  }

  /** @param {import("./documents.js").LinkFields} link @param {Part} part @returns {bigint} */
  #checkTimes(link, part) {
    /** @type {bigint | null} */
    let first = null;
    let end = 0n;
    const scale = BigInt(this.video.timescale);
    for (const box of part.fragments) {
      const span = videoSpan(this.video, part.body, box);
      if (span) {
        first ??= span.start;
        end = span.end;
      }
    }
    if (first === null || first * 1000n / scale !== link.media_ms) {
      throw new BrokenError(`the media time of unit ${link.index} disagrees`);
    }
    const last = this.links.at(-1);
    if (last && link.media_ms <= last.media_ms) throw new BrokenError("media time does not rise");
    if (link.mono_ms < this.#lastMono) throw new BrokenError("the camera's monotonic time falls");
    return end * 1000n / scale;
  }

  /** Check END: it is signed, and names this chain's last LINK. @param {Part} part */
  async #takeEnd(part) {
    const end = End.decode(await this.#signed(part));
    if (!same(end.genesis, this.genesisHash)) throw new BrokenError("an END of another recording");
    if (end.links !== this.count || !same(end.prev, this.head)) {
      throw new BrokenError("END names another last LINK or another count");
    }
    if (end.mono_ms < this.#lastMono) {
      throw new BrokenError("END lies before the last LINK in monotonic time");
    }
    this.end = end;
  }
}

/** Bytes of the part that begins at `start`; null when it does not end in the file. @param {Source} file @param {number} start @returns {Promise<number | null>} */
export async function partSize(file, start) {
  let at = start;
  while (at + HEAD <= file.size) {
    const [size, kind] = boxHead(await file.read(at, at + HEAD), 0);
    if (size < HEAD || at + size > file.size) return null;
    at += size;
    if (kind === "uuid") return at - start;
  }
  return null;
}
