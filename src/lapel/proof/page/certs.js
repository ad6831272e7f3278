// @ts-check
// Certificates and revocation lists of our profile: P-256, SHA-256, one role each.
import { same, words } from "../../view/web/link/bytes.js";
import { publicKey } from "../../view/web/link/cose.js";
import { MalformedError } from "../../view/web/link/errors.js";
import { Der, integer, oid, only, rawSignature, TAG, time } from "./der.js";
import { SignatureError } from "./failures.js";
import { sha256 } from "./sha256.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** What was signed, and the signature. @typedef {{ body: Bytes, algorithm: string, signature: Bytes }} Signed */

const ARC = "2.25.254700148030130697487318099659680715464.";
const ROLES = [1, 2, 3, 4, 5, 6].map((role) => ARC + role);
const OID = {
  ecdsa: "1.2.840.10045.4.3.2", key: "1.2.840.10045.2.1", curve: "1.2.840.10045.3.1.7",
  usage: "2.5.29.37", constraints: "2.5.29.19", invalid: "2.5.29.24",
  title: "2.5.4.3", serial: "2.5.4.5", model: "2.5.4.11",
};
const PATH_MOST = 4;

/** @param {Der} outer @returns {Signed} */
function signed(outer) {
  const body = outer.next(TAG.sequence).raw;
  const algorithm = oid(outer.inside().next(TAG.oid).content);
  const signature = bits(outer.next(TAG.bits).content);
  outer.end();
  return { body, algorithm, signature };
}

/** @param {Bytes} content @returns {Bytes} */
function bits(content) {
  if (content[0] !== 0) throw new MalformedError("bits that are no bytes");
  return content.slice(1);
}

/** Whether this key signed it. @param {Signed} what @param {Bytes} point */
async function holds(what, point) {
  const raw = what.algorithm === OID.ecdsa ? rawSignature(what.signature) : null;
  if (!raw) return false;
  const key = await publicKey(point);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, raw, what.body);
}

/** Extensions by their name; the content of each. @param {Der} list @returns {Map<string, Bytes>} */
function extensions(list) {
  /** @type {Map<string, Bytes>} */
  const found = new Map();
  while (!list.done) {
    const one = list.inside();
    const name = oid(one.next(TAG.oid).content);
    one.maybe(TAG.flag);
    if (found.has(name)) throw new MalformedError("an extension that stands twice");
    found.set(name, one.next(TAG.octets).content);
    one.end();
  }
  return found;
}

/** The point of a SubjectPublicKeyInfo. @param {Der} info @returns {Promise<Bytes>} */
async function pointOf(info) {
  const algorithm = info.inside();
  const names = [oid(algorithm.next(TAG.oid).content), oid(algorithm.next(TAG.oid).content)];
  algorithm.end();
  if (names[0] !== OID.key || names[1] !== OID.curve) throw new MalformedError("not a P-256 key");
  const point = bits(info.next(TAG.bits).content);
  info.end();
  await publicKey(point);
  return point;
}

/** A public key in SubjectPublicKeyInfo. @param {Bytes} der @returns {Promise<Bytes>} */
export function readKey(der) {
  return pointOf(only(der));
}

/** @param {Der} name @param {string} wanted @returns {string} */
function named(name, wanted) {
  /** @type {string[]} */
  const found = [];
  while (!name.done) {
    const set = name.inside(TAG.set);
    while (!set.done) {
      const one = set.inside();
      const kind = oid(one.next(TAG.oid).content);
      const value = one.next();
      one.end();
      if (kind === wanted) found.push(words(value.content));
    }
  }
  return found.length === 1 ? found[0] : "";
}

/** What a certificate says. */
export class Certificate {
  /** @param {Bytes} der @param {Signed} what @param {Fields} fields @param {Bytes} point @param {Bytes} fingerprint */
  constructor(der, what, fields, point, fingerprint) {
    this.der = der;
    this.what = what;
    this.number = fields.number;
    this.issuer = fields.issuer;
    this.subject = fields.subject;
    this.start = fields.start;
    this.end = fields.end;
    this.point = point;
    this.fingerprint = fingerprint;
    this.role = roleOf(fields.extensions.get(OID.usage));
    const constraints = constraintsOf(fields.extensions.get(OID.constraints));
    this.isCa = constraints.ca;
    this.below = constraints.below;
    this.serial = named(only(fields.subject), OID.serial);
    this.model = named(only(fields.subject), OID.model);
    this.title = named(only(fields.subject), OID.title);
  }

  /** Read one certificate; throws `MalformedError`. @param {Bytes} der @returns {Promise<Certificate>} */
  static async read(der) {
    try {
      const what = signed(only(der));
      const { fields, info } = body(only(what.body));
      return new Certificate(der, what, fields, await pointOf(info), await sha256(der));
    } catch (error) {
      if (error instanceof MalformedError || error instanceof TypeError) throw new MalformedError("not a certificate");
      throw error;
    }
  }

  /** Whether a moment lies in its validity. @param {bigint} ms */
  holds(ms) {
    return this.start <= ms && ms <= this.end;
  }

  /** Whether so many CAs may stand between it and a leaf. @param {number} between */
  allowsBelow(between) {
    return this.below === null || BigInt(between) <= this.below;
  }

  /** Whether the other is a CA and its key signed this one. @param {Certificate} other */
  async issuedBy(other) {
    return other.isCa && same(this.issuer, other.subject) && await holds(this.what, other.point);
  }
}

/** @typedef {{ number: bigint, issuer: Bytes, subject: Bytes, start: bigint, end: bigint, extensions: Map<string, Bytes> }} Fields */

/** @param {Der} tbs @returns {{ fields: Fields, info: Der }} */
function body(tbs) {
  const version = tbs.inside(0xa0);
  if (integer(version.next(TAG.integer).content) !== 2n) throw new MalformedError("another version");
  const number = integer(tbs.next(TAG.integer).content);
  if (oid(tbs.inside().next(TAG.oid).content) !== OID.ecdsa) throw new MalformedError("another algorithm");
  const issuer = tbs.next(TAG.sequence).raw;
  const dates = tbs.inside();
  const [start, end] = [time(dates.next()), time(dates.next())];
  const subject = tbs.next(TAG.sequence).raw;
  const info = tbs.inside();
  const given = tbs.done ? new Der(new Uint8Array(0)) : tbs.inside(0xa3).inside();
  tbs.end();
  return { fields: { number, issuer, subject, start, end, extensions: extensions(given) }, info };
}

/** @param {Bytes | undefined} usage @returns {number | null} the one role under our arc */
function roleOf(usage) {
  if (!usage) return null;
  const list = only(usage);
  /** @type {string[]} */
  const ours = [];
  while (!list.done) {
    const name = oid(list.next(TAG.oid).content);
    if (name.startsWith(ARC)) ours.push(name);
  }
  const role = ours.length === 1 ? ROLES.indexOf(ours[0]) + 1 : 0;
  return role || null;
}

/** @param {Bytes | undefined} given @returns {{ ca: boolean, below: bigint | null }} */
function constraintsOf(given) {
  if (!given) return { ca: false, below: null };
  const inner = only(given);
  const flag = inner.maybe(TAG.flag)?.content;
  if (flag && (flag.length !== 1 || flag[0] !== 0xff)) throw new MalformedError("a flag in DER");
  const most = inner.maybe(TAG.integer);
  inner.end();
  return { ca: flag !== undefined, below: most ? integer(most.content) : null };
}

/**
 * The path from the first to the anchor that it leads to; throws `SignatureError`.
 * @param {Certificate[]} chain @param {Certificate[]} anchors @returns {Promise<Certificate[]>}
 */
export async function checkPath(chain, anchors) {
  /** @type {Certificate[]} */
  const path = [];
  for (const one of chain.slice(0, PATH_MOST)) {
    const before = path.at(-1);
    if (before && !(await before.issuedBy(one) && one.allowsBelow(path.length - 1))) break;
    path.push(one);
    for (const anchor of anchors) {
      if (await one.issuedBy(anchor) && anchor.allowsBelow(path.length - 1)) return [...path, anchor];
    }
  }
  throw new SignatureError("no path to a trusted certificate");
}

/** A signed list of revocations as it was received. */
export class RevocationList {
  /** @param {Signed} what @param {Bytes} issuer @param {Map<bigint, { revoked: bigint, invalid: bigint }>} entries */
  constructor(what, issuer, entries) {
    this.what = what;
    this.issuer = issuer;
    this.entries = entries;
  }

  /** @param {Bytes} der @returns {RevocationList} */
  static read(der) {
    const what = signed(only(der));
    const tbs = only(what.body);
    if (tbs.tag === TAG.integer) tbs.next();
    tbs.inside();
    const issuer = tbs.next(TAG.sequence).raw;
    time(tbs.next());
    if (tbs.tag === TAG.utcTime || tbs.tag === TAG.time) time(tbs.next());
    /** @type {Map<bigint, { revoked: bigint, invalid: bigint }>} */
    const entries = new Map();
    const list = tbs.tag === TAG.sequence ? tbs.inside() : new Der(new Uint8Array(0));
    while (!list.done) {
      const one = list.inside();
      const number = integer(one.next(TAG.integer).content);
      const revoked = time(one.next());
      const since = one.done ? undefined : extensions(one.inside()).get(OID.invalid);
      if (!entries.has(number)) entries.set(number, { revoked, invalid: since ? time(new Der(since).next()) : revoked });
    }
    if (!tbs.done) extensions(tbs.inside(0xa0).inside());
    tbs.end();
    return new RevocationList(what, issuer, entries);
  }

  /** Whether this CA signed the list. @param {Certificate} ca */
  async issuedBy(ca) {
    return same(this.issuer, ca.subject) && holds(this.what, ca.point);
  }
}
