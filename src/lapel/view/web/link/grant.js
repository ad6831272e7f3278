// @ts-check
// Grants: whom the agency says that a link key is.
import { same } from "./bytes.js";
import { check, publicKey } from "./cose.js";
import { Form, choice, keyed, nullable, octets, text, uint } from "./document.js";
import { HandshakeError, LinkError, MalformedError, RefusedError } from "./errors.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {{ link: Bytes, role: number, holder: string, user: string | null, notAfterMs: number, tenant: string }} Grant */
/**
 * By what a camera's grant is judged; without a key there is no agency, and none counts.
 * `holders` are the serials that Evidence lists for the user; null where nobody lists any.
 * @typedef {{ roles: number[], grantKey: Bytes | null, tenant: string, holders: Set<string> | null }} Trust
 */
/** Whom the other side is; `holder` where a grant says so, else the reason. @typedef {{ role: number, holder: string | null, reason: string | null }} Judged */

export const Role = Object.freeze({ CAMERA: 1, VIEW: 2, VIEW_XL: 3 });
export const How = Object.freeze({ GRANT: 1, COMPARED: 2, BUTTON: 3 });
const HONEST = new Set(["grant-expired", "grant-tenant"]); // may be wrong with that of an honest device

/** @type {Form<Grant>} */
export const GRANT = new Form("Grant", [
  keyed(1, "link", octets(65)),
  keyed(2, "role", choice([1, 2, 3])),
  keyed(3, "holder", text),
  keyed(4, "user", nullable(text)),
  keyed(5, "notAfterMs", uint()),
  keyed(6, "tenant", text),
]);

/**
 * Give a grant that counts: 1. the agency's grant key signed it, 2. its key is the one that
 * was used, and a point, 3. its role is one of those wanted, 4. its tenant is ours, 5. it
 * has not expired; with `nowMs` null nobody can tell.
 * @param {Bytes} raw @param {Bytes} used @param {Trust & { grantKey: Bytes }} trust @param {number | null} nowMs @returns {Promise<Grant>}
 */
export async function checkGrant(raw, used, trust, nowMs) {
  const grant = GRANT.decode(await check("grant", raw, trust.grantKey));
  await publicKey(grant.link);
  if (!same(grant.link, used)) throw new RefusedError("grant-key", "a grant for another key");
  if (!trust.roles.includes(grant.role)) throw new RefusedError("grant-role", "a grant for another role");
  if (grant.tenant !== trust.tenant) throw new RefusedError("grant-tenant", "a grant of another agency");
  if (nowMs !== null && nowMs > grant.notAfterMs) throw new RefusedError("grant-expired", "a grant that has expired");
  return grant;
}

/**
 * Judge the payload of the side whose static key this handshake used. A copied or forged
 * grant throws `LinkError`; one that has expired, is of another agency, or is not for one of
 * the user's cameras counts for nothing.
 * @param {Bytes} payload @param {Bytes} used @param {Trust} trust @param {number | null} nowMs @returns {Promise<Judged>}
 */
export async function judgeGrant(payload, used, trust, nowMs) {
  const { grantKey } = trust;
  /** @param {string} reason @returns {Judged} */
  const unverified = (reason) => ({ role: trust.roles[0], holder: null, reason });
  if (payload.length === 0 || grantKey === null) return unverified("grant-none");
  try {
    const grant = await checkGrant(payload, used, { ...trust, grantKey }, nowMs);
    if (trust.holders !== null && !trust.holders.has(grant.holder)) return unverified("grant-holder");
    return { role: grant.role, holder: grant.holder, reason: null };
  } catch (error) {
    if (error instanceof RefusedError && HONEST.has(error.reason)) return unverified(error.reason);
    if (error instanceof RefusedError || error instanceof MalformedError || error instanceof HandshakeError) {
      throw new LinkError("handshake", error.message);
    }
    throw error;
  }
}

/** The strongest way that held. @param {Judged} judged @param {boolean} compared */
export function howOf(judged, compared) {
  if (judged.holder !== null) return How.GRANT;
  return compared ? How.COMPARED : How.BUTTON;
}
