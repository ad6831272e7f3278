// @ts-check
// Evidence, as View needs it: who is signed in, and the grant for this phone's key. Without
// network View goes on with what it has.
import { base64url, octets, unbase64url } from "../link/bytes.js";
import { Role } from "../link/grant.js";
import { freshPair, pairOf } from "../link/noise.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Own} Own */
/** @typedef {import("./store.js").Given} Given */
/** @typedef {{ agency: string, person: string | null, form: string | null, may_use: boolean }} Around */
/** What is known of the grant: `code` is a word of the catalogue. @typedef {{ code: string, around: Around | null, given: Given | null }} Standing */

const PATIENCE_MS = 8_000;

/** This phone's own key and name; made once. @param {Store} store @param {() => string} uuid @returns {Promise<Own>} */
export async function ownOf(store, uuid) {
  const found = await store.get("own");
  if (found) return found;
  const own = { pair: await freshPair(), instance: uuid() };
  return store.change("own", (before) => before ?? own);
}

/** @param {string} path @param {RequestInit} [more] */
function call(path, more = {}) {
  return fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...more });
}

/**
 * Look who is signed in and renew the grant; what was there stays when that fails.
 * @param {Store} store @param {Own} own @returns {Promise<Standing>}
 */
export async function renew(store, own) {
  const given = await store.get("given") ?? null;
  /** @type {Around | null} */
  let around = null;
  try {
    const asked = await call("/api/v1/app/session");
    if (!asked.ok) return { code: "server", around, given };
    around = /** @type {Around} */ (await asked.json());
    if (around.person === null || around.form === null) return { code: "signed-out", around, given };
    if (!around.may_use) return { code: "not-yours", around, given };
    const { point } = await pairOf(own.pair);
    const body = JSON.stringify({ key: base64url(point), role: Role.VIEW, instance: own.instance });
    const headers = { "Content-Type": "application/json", "X-Lapel-Form": around.form };
    const answer = await call("/api/v1/app/grant", { method: "POST", headers, body });
    const told = await answer.json();
    if (!answer.ok) return { code: ["revoked", "rests", "apps"].includes(told.code) ? told.code : "server", around, given };
    const fresh = readGiven(told, around.agency);
    await store.put("given", fresh);
    return { code: "given", around, given: fresh };
  } catch {
    return { code: around === null ? "offline" : "server", around, given };
  }
}

/** @param {any} told @param {string} agency @returns {Given} */
function readGiven(told, agency) {
  return {
    grant: unbase64url(told.grant), grantKey: unbase64url(told.grant_key), tenant: String(told.tenant),
    cameras: told.cameras, zone: String(told.zone), notAfterMs: Number(told.not_after), agency,
  };
}

/**
 * What this phone brings to a link.
 * @param {Own} own @param {Given | null} given @returns {Promise<import("../link/app.js").Identity>}
 */
export async function identityOf(own, given) {
  return {
    static: await pairOf(own.pair),
    grant: given?.grant ?? octets(),
    trust: {
      roles: [Role.CAMERA], grantKey: given?.grantKey ?? null, tenant: given?.tenant ?? "",
      holders: given ? new Set(given.cameras.map((camera) => camera.serial)) : null,
    },
    entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
    fresh: async () => pairOf(await freshPair()),
  };
}
