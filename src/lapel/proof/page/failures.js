// @ts-check
// What a verifier concludes when something does not hold.
import { HandshakeError, MalformedError } from "../../view/web/link/errors.js";

/** A signature, path or proof that does not hold. */
export class SignatureError extends Error {
  code = "signature";
}

/** A signature that this browser cannot check: nothing is said of it. */
export class UnableError extends SignatureError {}

/** A part that is not what the camera signed, or not in its place. */
export class BrokenError extends Error {
  code = "tampered";
}

/** Why something was refused; anything else that went wrong is thrown on. @param {unknown} error @returns {string} */
export function why(error) {
  const kinds = [MalformedError, HandshakeError, SignatureError, BrokenError];
  if (error instanceof Error && kinds.some((kind) => error instanceof kind)) return error.message;
  throw error;
}
