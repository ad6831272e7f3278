// @ts-check
// What is in clear on the link: hellos, prologue, rejects, fragments, and the names on the air.
import { big, join, number, octets, utf8 } from "./bytes.js";
import { MalformedError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{ token: Bytes, pairing: boolean, mtu: number, caps: Bytes }} CameraHello */

export const SERVICE = "ca2d133d-1ae8-5378-9fe2-9fa50409c04c";
export const WRITE = "57ee55b7-a12e-5ca0-96c7-2dc655e5380d";
export const NOTIFY = "bc01153e-1dce-5cdb-a671-61b0f1b6f6e9";
export const NAME = "Camera ";
export const COMPANY = 0xffff; // until one is assigned
export const TOKEN_SHOWN = 6; // bytes of a token in the advert
export const SLOT_MS = 900_000;

export const VERSION = 1;
export const SUITE = 1;
export const CAPS_MOST = 32;
export const MTU_LEAST = 23;
export const MTU_MOST = 517;
export const MESSAGE_MOST = 4096;
export const VALUE_MOST = 512;

export const Mode = Object.freeze({ PAIR: 0, SESSION: 1 });
export const Frame = Object.freeze({
  REQUEST: 0x10, ANSWER: 0x11, NOTICE: 0x12,
  SAS_CB: 0x20, SAS_NA: 0x21, SAS_NB: 0x22, PAIR_CONFIRM: 0x23, PAIR_DONE: 0x24,
});
/** @type {Set<number>} */
const FRAMES = new Set(Object.values(Frame));
const REJECT = 0x7f;
const REJECTS_MOST = 5;
const [FIRST, LAST, SEQUENCE] = [0x80, 0x40, 0x3f];
const HELLO_LEAST = 16;

/** Whether a frame of this type exists. @param {number} type */
export function isFrame(type) {
  return FRAMES.has(type);
}

/** What the app says first. @param {number} mode @param {Bytes} [caps] @param {number} [most] @returns {Bytes} */
export function appHello(mode, caps = octets(), most = VERSION) {
  if (caps.length > CAPS_MOST) throw new MalformedError("too many capabilities");
  return join(octets(0, VERSION, most), big(SUITE, 2), octets(mode, caps.length), caps);
}

/** Read what the camera answers; throws `MalformedError`. @param {Bytes} data @returns {CameraHello} */
export function readCameraHello(data) {
  const size = data[12];
  if (data.length < HELLO_LEAST || data[0] !== 1) throw new MalformedError("not the hello of a camera");
  if (size > CAPS_MOST || data.length !== HELLO_LEAST + size) {
    throw new MalformedError("a hello of a wrong length");
  }
  if (data[1] !== VERSION || number(data.slice(2, 4)) !== SUITE) {
    throw new MalformedError("a version or suite that was not offered");
  }
  const [flags, mtu] = [data[13 + size], number(data.slice(14 + size))];
  if (flags > 1) throw new MalformedError("a flag that does not exist");
  if (mtu < MTU_LEAST || mtu > MTU_MOST) throw new MalformedError("an MTU that cannot be");
  return { token: data.slice(4, 12), pairing: flags === 1, mtu, caps: data.slice(13, 13 + size) };
}

/** Bind both hellos, as they were on the air. @param {Bytes} app @param {Bytes} camera @returns {Bytes} */
export function prologue(app, camera) {
  return join(utf8("lapel-link/1\0"), big(app.length, 2), app, big(camera.length, 2), camera);
}

/** Number of the slot that a moment lies in. @param {number} utcMs */
export function slotOf(utcMs) {
  return Math.floor(utcMs / SLOT_MS);
}

/** Read a message that may be a reject; 0 where it is none. @param {Bytes} message */
export function readReject(message) {
  const is = message.length === 2 && message[0] === REJECT && message[1] <= REJECTS_MOST;
  return is ? message[1] : 0;
}

/** Greatest value that one packet carries at this MTU. @param {number} mtu */
function valueSize(mtu) {
  if (mtu < MTU_LEAST) throw new MalformedError("an MTU that cannot be");
  return Math.min(mtu - 3, VALUE_MOST);
}

/** Cut a message into values. @param {Bytes} message @param {number} mtu @returns {Bytes[]} */
export function split(message, mtu) {
  if (message.length < 1 || message.length > MESSAGE_MOST) {
    throw new MalformedError("a message has 1 to 4096 bytes");
  }
  const step = valueSize(mtu) - 1;
  return Array.from({ length: Math.ceil(message.length / step) }, (_, at) => {
    const start = at * step;
    const ends = (start === 0 ? FIRST : 0) | (start + step >= message.length ? LAST : 0);
    return join(octets(ends | at % 64), message.slice(start, start + step));
  });
}

/** Puts values of one direction together; any violation means: drop the link. */
export class Joiner {
  /** @param {number} mtu */
  constructor(mtu) {
    this.mtu = mtu;
    /** @type {Bytes[]} */
    this.parts = [];
    this.size = 0;
  }

  /**
   * Take the next value; gives the message when it was the last. After a `MalformedError`
   * it is of no further use.
   * @param {Bytes} value @returns {Bytes | null}
   */
  take(value) {
    if (value.length < 2 || value.length > valueSize(this.mtu)) {
      throw new MalformedError("a value that is empty or longer than the MTU allows");
    }
    if (Boolean(value[0] & FIRST) !== (this.parts.length === 0)) {
      throw new MalformedError("a first value in the middle, or none at the start");
    }
    if ((value[0] & SEQUENCE) !== this.parts.length % 64) throw new MalformedError("a value out of sequence");
    this.size += value.length - 1;
    if (this.size > MESSAGE_MOST) throw new MalformedError("a message of more than 4096 bytes");
    this.parts.push(value.slice(1));
    if (!(value[0] & LAST)) return null;
    const message = join(...this.parts);
    this.parts = [];
    this.size = 0;
    return message;
  }
}
