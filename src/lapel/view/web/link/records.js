// @ts-check
// What a pairing leaves on the phone. Its secrets are keys that no script can read: psk
// goes into an HKDF and comes out of nothing, wifi and disc make HMACs.
import { same } from "./bytes.js";
import { derive, hmacKey, token } from "./derived.js";
import { howOf } from "./grant.js";
import { material } from "./noise.js";
import { TOKEN_SHOWN } from "./wire.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./noise.js").Keys} Keys */
/** @typedef {import("./grant.js").Judged} Judged */
/**
 * `role` and `holder` are the camera's; `holder` stands only where a grant named it.
 * @typedef {{ version: number, peer: Bytes, psk: CryptoKey, wifi: CryptoKey, disc: CryptoKey,
 *   h: Bytes, how: number, role: number, utcMs: number, clock: number, holder: string | null }} Record_
 */
/** Records in the order in which to try them, the newest first. @typedef {Record_[]} Pairings */

export const VERSION = 1;
export const PAIRINGS_MOST = 8;

/**
 * Make the record that a pairing leaves.
 * @param {Keys} keys @param {Bytes} peer @param {{ judged: Judged, compared: boolean }} by
 * @param {{ utcMs: number, clock: number }} now @returns {Promise<Record_>}
 */
export async function recordOf(keys, peer, by, now) {
  return {
    version: VERSION,
    peer,
    psk: await material(await derive(keys, "psk")),
    wifi: await hmacKey(await derive(keys, "wifi")),
    disc: await hmacKey(await derive(keys, "disc")),
    h: keys.hash,
    how: howOf(by.judged, by.compared),
    role: by.judged.role,
    utcMs: now.utcMs,
    clock: now.clock,
    holder: by.judged.holder,
  };
}

/**
 * Add the record of a new pairing before it is confirmed. What was there stays: nobody
 * knows yet whether the camera gets to keep the new one. The oldest, from the last
 * session, is the last to go.
 * @param {Pairings} before @param {Record_} record @returns {Pairings}
 */
export function added(before, record) {
  const full = before.length === PAIRINGS_MOST;
  const old = full ? [...before.slice(0, PAIRINGS_MOST - 2), ...before.slice(-1)] : before;
  return [record, ...old];
}

/**
 * Keep the record with which the camera has opened a session. What was held when that
 * session's link began cannot be the camera's any more; what came since may.
 * @param {Pairings} now @param {Record_} record @param {Pairings} held @returns {Pairings}
 */
export function proved(now, record, held) {
  const since = now.filter((one) => !held.some((other) => same(one.h, other.h)));
  return [...since, record];
}

/**
 * What adverts of these cameras may show now: for each record the token of this slot, and
 * of its neighbours for clocks that differ.
 * @param {Pairings} pairings @param {number} slot @returns {Promise<Bytes[]>}
 */
export async function shownTokens(pairings, slot) {
  const all = pairings.flatMap((record) => [slot, slot - 1, slot + 1].map((at) => token(record.disc, at)));
  return (await Promise.all(all)).map((one) => one.slice(0, TOKEN_SHOWN));
}
