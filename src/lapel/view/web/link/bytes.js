// @ts-check
// Bytes: put together, compared, written as text. Nothing here knows what they mean.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

const TO_TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const TO_BYTES = new TextEncoder();

/** @param {...Bytes} parts @returns {Bytes} */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** @param {...number} numbers @returns {Bytes} */
export function octets(...numbers) {
  return Uint8Array.from(numbers);
}

/** A number, big-endian. @param {number} number @param {number} size @returns {Bytes} */
export function big(number, size) {
  const written = new Uint8Array(size);
  let rest = number;
  for (let at = size - 1; at >= 0; at -= 1) {
    written[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return written;
}

/** Read a big-endian number of at most 6 bytes. @param {Bytes} data @returns {number} */
export function number(data) {
  return data.reduce((sum, one) => sum * 256 + one, 0);
}

/** Text as UTF-8. @param {string} words @returns {Bytes} */
export function utf8(words) {
  return TO_BYTES.encode(words);
}

/** UTF-8 as text; throws a TypeError for what is none. @param {Bytes} data @returns {string} */
export function words(data) {
  return TO_TEXT.decode(data);
}

/** Whether two are equal, in a time that tells nothing. @param {Bytes} one @param {Bytes} other */
export function same(one, other) {
  if (one.length !== other.length) return false;
  let differing = 0;
  for (let at = 0; at < one.length; at += 1) differing |= one[at] ^ other[at];
  return differing === 0;
}

/** @param {Bytes} data @returns {string} */
export function hex(data) {
  return [...data].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/** @param {string} text @returns {Bytes} */
export function unhex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
}

/** Base64url without padding. @param {Bytes} data @returns {string} */
export function base64url(data) {
  return btoa(String.fromCharCode(...data)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** @param {string} text @returns {Bytes} */
export function unbase64url(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}
