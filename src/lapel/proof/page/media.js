// @ts-check
// Times of the media in a recording, read from its own boxes (ISO/IEC 14496-12).
import { MalformedError } from "../../view/web/link/errors.js";
import { children, find, latin, u32 } from "./boxes.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {import("./boxes.js").Box} Box */
/** @typedef {{ number: number, timescale: number, handler: string, duration: number }} Track */

const TRACKS_MOST = 2;
const DURATION_PER_SAMPLE = 0x100;
const OTHERS = [0x200, 0x400, 0x800];

/** A number inside a box; throws where the box is too short. @param {Bytes} data @param {Box} box @param {number} offset @returns {number} */
function u32In(data, box, offset) {
  if (box.payload + offset + 4 > box.end) throw new MalformedError(`a ${box.kind} box that is too short`);
  return u32(data, box.payload + offset);
}

/** @param {Bytes} data @param {Box} box @returns {boolean} */
function isWide(data, box) {
  if (box.payload >= box.end) throw new MalformedError(`a ${box.kind} box that is too short`);
  return data[box.payload] !== 0;
}

/** Read `ftyp moov`: its one video track. @param {Bytes} data @returns {Track} */
export function videoTrack(data) {
  const moov = [...children(data, 0, data.length)].filter((box) => box.kind === "moov").pop();
  if (!moov) throw new MalformedError("no moov box");
  const all = tracks(data, moov);
  const video = all.filter((track) => track.handler === "vide");
  const sound = all.filter((track) => track.handler === "soun").length;
  if (video.length !== 1 || sound > 1 || all.length !== 1 + sound) {
    throw new MalformedError("not one video and at most one sound track");
  }
  return video[0];
}

/** @param {Bytes} data @param {Box} moov @returns {Track[]} */
function tracks(data, moov) {
  /** @type {Map<number, number>} */
  const durations = new Map();
  /** @type {Track[]} */
  const found = [];
  for (const part of children(data, moov.payload, moov.end)) {
    if (Math.max(found.length, durations.size) > TRACKS_MOST) {
      throw new MalformedError("more than one video and one sound track");
    }
    if (part.kind === "mvex") defaults(data, part, durations);
    if (part.kind === "trak") found.push(track(data, part));
  }
  return found.map((one) => ({ ...one, duration: durations.get(one.number) ?? 0 }));
}

/** @param {Bytes} data @param {Box} mvex @param {Map<number, number>} into */
function defaults(data, mvex, into) {
  for (const trex of children(data, mvex.payload, mvex.end)) {
    if (trex.kind !== "trex") continue;
    const duration = u32In(data, trex, 12);
    into.set(u32In(data, trex, 4), duration);
    if (into.size > TRACKS_MOST) break;
  }
}

/** @param {Bytes} data @param {Box} trak @returns {Track} */
function track(data, trak) {
  const [tkhd, mdia] = [find(data, trak, "tkhd"), find(data, trak, "mdia")];
  const [mdhd, hdlr] = [find(data, mdia, "mdhd"), find(data, mdia, "hdlr")];
  const number = u32In(data, tkhd, isWide(data, tkhd) ? 20 : 12);
  const timescale = u32In(data, mdhd, isWide(data, mdhd) ? 20 : 12);
  if (!timescale) throw new MalformedError("a track with no time scale");
  u32In(data, hdlr, 8);
  const handler = latin(data.subarray(hdlr.payload + 8, hdlr.payload + 12));
  return { number, timescale, handler, duration: 0 };
}

/**
 * Decode times of the video in a `moof` box, in ticks; null where it has none.
 * @param {Track} video @param {Bytes} data @param {Box} moof @returns {{ start: bigint, end: bigint } | null}
 */
export function videoSpan(video, data, moof) {
  for (const traf of children(data, moof.payload, moof.end)) {
    if (traf.kind !== "traf") continue;
    const tfhd = find(data, traf, "tfhd");
    const [number, duration] = trackHeader(video, data, tfhd);
    if (number === video.number) return span(data, traf, duration);
  }
  return null;
}

/** @param {Track} video @param {Bytes} data @param {Box} tfhd @returns {[number, number]} */
function trackHeader(video, data, tfhd) {
  const number = u32In(data, tfhd, 4);
  const flags = u32In(data, tfhd, 0);
  const at = 8 + (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  return [number, flags & 8 ? u32In(data, tfhd, at) : video.duration];
}

/** @param {Bytes} data @param {Box} traf @param {number} duration @returns {{ start: bigint, end: bigint }} */
function span(data, traf, duration) {
  const tfdt = find(data, traf, "tfdt");
  const wide = isWide(data, tfdt);
  const low = BigInt(u32In(data, tfdt, wide ? 8 : 4));
  const start = wide ? (BigInt(u32In(data, tfdt, 4)) << 32n) | low : low;
  let total = 0n;
  for (const trun of children(data, traf.payload, traf.end)) {
    if (trun.kind === "trun") total += run(data, trun, duration);
  }
  if (!total) throw new MalformedError("a fragment whose video has no duration");
  return { start, end: start + total };
}

/** @param {Bytes} data @param {Box} trun @param {number} duration @returns {bigint} */
function run(data, trun, duration) {
  const count = u32In(data, trun, 4);
  const flags = u32In(data, trun, 0);
  if (!(flags & DURATION_PER_SAMPLE)) return BigInt(count) * BigInt(duration);
  const first = trun.payload + 8 + (flags & 1 ? 4 : 0) + (flags & 4 ? 4 : 0);
  const stride = 4 + 4 * OTHERS.filter((other) => flags & other).length;
  if (first + count * stride > trun.end) throw new MalformedError("a trun box that is too short");
  let sum = 0n;
  for (let sample = 0; sample < count; sample += 1) sum += BigInt(u32(data, first + sample * stride));
  return sum;
}
