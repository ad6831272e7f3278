// @ts-check
// What goes wrong on purpose. Each has a stable code; words for people stand in the catalogue.

/** Bytes that are not what the format allows. */
export class MalformedError extends Error {
  code = "malformed";
}

/** A handshake message, frame or signature that does not hold; why is never told. */
export class HandshakeError extends Error {
  code = "handshake";
}

/** A link that has to end. */
export class LinkError extends Error {
  code = "link";

  /** @param {string} why a word of `Why` @param {string} [message] */
  constructor(why, message) {
    super(message ?? `the link ended: ${why}`);
    this.why = why;
  }
}

/** An act that the rules do not allow in this state. */
export class RefusedError extends Error {
  code = "refused";

  /** @param {string} reason @param {string} [message] */
  constructor(reason, message) {
    super(message ?? reason);
    this.reason = reason;
  }
}
