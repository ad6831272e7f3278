// @ts-check
// A proof package: a zip of a closed list of names, nothing compressed, nothing between.
import { utf8, same } from "../../view/web/link/bytes.js";
import { MalformedError } from "../../view/web/link/errors.js";
import { latin } from "./boxes.js";

/** @typedef {import("../../view/web/link/bytes.js").Bytes} Bytes */
/** @typedef {{ name: string, flags: number, crc: number, size: number, at: number }} Entry */
/** Its small parts in memory, the large ones as slices of it. @typedef {{ names: string[], small: Map<string, Bytes>, media: Blob, sealed: Blob | null }} Package */

const MEDIA = "recording.mp4";
const SEALED = "recording.sealed";
const LARGE = [MEDIA, SEALED];
/** @type {Record<string, number>} */
const BOUNDS = {
  [MEDIA]: 2 ** 40, [SEALED]: 2 ** 40, "recording.closing": 8192, "recording.receipt": 70_000,
  "recording.envelope": 4096, "journal.cose": 2 ** 26, "custody.json": 2 ** 26, checkpoint: 65_536,
  "certificates.pem": 2 ** 20, "revocations.pem": 2 ** 24, "report.txt": 2 ** 20, clip: 0, "verify.html": 2 ** 22,
};
const TAIL = 98;
const DIRECTORY_MOST = 1 << 14;
const [LOCAL, CENTRAL, END, LOCATOR, DESCRIPTOR] = [0x04034b50, 0x02014b50, 0x06054b50, 0x07064b50, 0x08074b50];
const WIDE = 0xffffffff;
const DESCRIBED = 8;
const DAMAGED = "not a proof package, or a damaged one";
const DIFFERS = "a part that says something else than the directory";

/** Numbers of a zip, little-endian. */
class Fields {
  /** @param {Bytes} data */
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
  }

  /** @param {number} at */
  u16(at) {
    return this.view.getUint16(at, true);
  }

  /** @param {number} at */
  u32(at) {
    return this.view.getUint32(at, true);
  }

  /** @param {number} at */
  u64(at) {
    const whole = this.view.getBigUint64(at, true);
    if (whole > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError(DAMAGED);
    return Number(whole);
  }
}

/** @param {Blob} blob @param {number} start @param {number} size @returns {Promise<Fields>} */
async function fields(blob, start, size) {
  const data = new Uint8Array(await blob.slice(start, start + size).arrayBuffer());
  if (data.length !== size || start < 0) throw new MalformedError(DAMAGED);
  return new Fields(data);
}

/** Whether a file begins as a zip does. @param {Bytes} beginning */
export function isPackage(beginning) {
  return ["PK\x03\x04", "PK\x05\x06"].includes(latin(beginning.subarray(0, 4)));
}

/**
 * Open a package; throws `MalformedError`.
 * 1. Its directory is small and ends the file. 2. Names are from the list, each once.
 * 3. Nothing is compressed or encrypted. 4. Each part is within its bound. 5. The recording
 * is there. 6. The parts lie one behind the other from the first byte to the directory, and
 * say of themselves what the directory says of them.
 * @param {Blob} blob @returns {Promise<Package>}
 */
export async function openPackage(blob) {
  try {
    const directory = await findDirectory(blob);
    const entries = directoryEntries(await fields(blob, directory.at, directory.size));
    checkNames(entries);
    return await partsOf(blob, entries, directory.at);
  } catch (error) {
    if (error instanceof RangeError) throw new MalformedError(DAMAGED);
    throw error;
  }
}

/** @param {Blob} blob @returns {Promise<{ at: number, size: number }>} */
async function findDirectory(blob) {
  const end = await fields(blob, blob.size - 22, 22);
  if (end.u32(0) !== END || end.u16(20) !== 0) throw new MalformedError(DAMAGED);
  let [size, at, stop] = [end.u32(12), end.u32(16), blob.size - 22];
  const tail = blob.size >= TAIL ? await fields(blob, blob.size - TAIL, TAIL) : null;
  if (tail && tail.u32(56) === LOCATOR) {
    if (tail.u64(64) !== blob.size - TAIL) throw new MalformedError("a package whose directory lies elsewhere");
    [size, at, stop] = [tail.u64(40), tail.u64(48), blob.size - TAIL];
  }
  if (size > DIRECTORY_MOST) throw new MalformedError("a package with too many names");
  if (at + size !== stop) throw new MalformedError("a package with bytes between its parts");
  return { at, size };
}

/** @param {Fields} directory @returns {Entry[]} */
function directoryEntries(directory) {
  /** @type {Entry[]} */
  const found = [];
  let at = 0;
  while (at < directory.data.length) {
    const [named, extra, comment] = [28, 30, 32].map((field) => directory.u16(at + field));
    if (directory.u32(at) !== CENTRAL) throw new MalformedError(DAMAGED);
    const name = latin(directory.data.subarray(at + 46, at + 46 + named));
    const flags = directory.u16(at + 8);
    if (directory.u16(at + 10) !== 0 || flags & ~DESCRIBED) {
      throw new MalformedError(`${name} is compressed or encrypted`);
    }
    const wide = wideFields(directory, at + 46 + named, extra);
    const [packed, size, place] = [20, 24, 42].map((field) => directory.u32(at + field));
    // The 64-bit fields stand in this order, each only where its own field is full.
    const whole = size === WIDE ? wide() : size;
    const stored = packed === WIDE ? wide() : packed;
    if (stored !== whole) throw new MalformedError("a package with bytes between its parts");
    found.push({ name, flags, crc: directory.u32(at + 16), size: whole, at: place === WIDE ? wide() : place });
    at += 46 + named + extra + comment;
  }
  return found;
}

/** Give the 64-bit fields of an entry, one by one. @param {Fields} directory @param {number} start @param {number} size @returns {() => number} */
function wideFields(directory, start, size) {
  let at = start;
  while (at + 4 <= start + size && directory.u16(at) !== 1) at += 4 + directory.u16(at + 2);
  const end = Math.min(start + size, at + 4 <= start + size ? at + 4 + directory.u16(at + 2) : 0);
  at += 4;
  return () => {
    if (at + 8 > end) throw new MalformedError(DAMAGED);
    at += 8;
    return directory.u64(at - 8);
  };
}

/** @param {Entry[]} entries */
function checkNames(entries) {
  for (const { name, size } of entries) {
    if (!Object.hasOwn(BOUNDS, name) || size > BOUNDS[name]) {
      throw new MalformedError(`${name} does not belong into a package`);
    }
  }
  const names = entries.map((entry) => entry.name);
  if (new Set(names).size !== names.length || !names.includes(MEDIA)) {
    throw new MalformedError("a package with a name twice or without its recording");
  }
}

/** @param {Blob} blob @param {Entry[]} entries @param {number} directory @returns {Promise<Package>} */
async function partsOf(blob, entries, directory) {
  /** @type {Map<string, Bytes>} */
  const small = new Map();
  let media = new Blob();
  /** @type {Blob | null} */
  let sealed = null;
  let at = 0;
  for (const entry of entries) {
    if (entry.at !== at) throw new MalformedError("a package with bytes between its parts");
    const start = at + 30 + await checkLocal(blob, entry);
    at = start + entry.size;
    const part = blob.slice(start, at);
    if (entry.flags & DESCRIBED) at += await described(blob, at, entry);
    if (entry.name === MEDIA) media = part;
    if (entry.name === SEALED) sealed = part;
    if (LARGE.includes(entry.name)) continue;
    const data = new Uint8Array(await part.arrayBuffer());
    if (crc32(data) !== entry.crc) throw new MalformedError(DAMAGED);
    small.set(entry.name, data);
  }
  if (at !== directory) throw new MalformedError("a package with bytes between its parts");
  return { names: entries.map((entry) => entry.name), small, media, sealed };
}

/** Hold a part's own head against the directory; gives the bytes behind its fixed fields. @param {Blob} blob @param {Entry} entry */
async function checkLocal(blob, entry) {
  const head = await fields(blob, entry.at, 30);
  const [named, extra] = [head.u16(26), head.u16(28)];
  if (head.u32(0) !== LOCAL || head.u16(6) !== entry.flags || head.u16(8) !== 0) throw new MalformedError(DIFFERS);
  const name = (await fields(blob, entry.at + 30, named)).data;
  if (!same(name, utf8(entry.name))) throw new MalformedError("a package that names a part in two ways");
  const told = [14, 18, 22].map((field) => head.u32(field));
  const wanted = [entry.crc, entry.size, entry.size];
  if (!(entry.flags & DESCRIBED) && told.some((one, place) => one !== wanted[place])) throw new MalformedError(DIFFERS);
  return named + extra;
}

/** Size of the descriptor behind a part, which must say what the directory says. @param {Blob} blob @param {number} at @param {Entry} entry */
async function described(blob, at, entry) {
  const told = await fields(blob, at, 24);
  if (told.u32(0) === DESCRIPTOR && told.u32(4) === entry.crc) {
    if (told.u32(8) === entry.size && told.u32(12) === entry.size) return 16;
    if (told.u64(8) === entry.size && told.u64(16) === entry.size) return 24;
  }
  throw new MalformedError(DIFFERS);
}

/** @param {Bytes} data @returns {number} */
function crc32(data) {
  let crc = -1;
  for (const one of data) {
    crc ^= one;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}
