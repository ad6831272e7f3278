// @ts-check
// What View keeps on the phone, in IndexedDB: keys that no script can read, the grant, the
// records of its camera, and what was typed until the camera has it.

/** @typedef {import("../link/bytes.js").Bytes} Bytes */
/** @typedef {import("../link/records.js").Pairings} Pairings */
/** @typedef {{ pair: CryptoKeyPair, instance: string }} Own */
/** @typedef {{ serial: string, model: string, wearer: string }} KnownCamera */
/** @typedef {{ grant: Bytes, grantKey: Bytes, tenant: string, cameras: KnownCamera[], zone: string, notAfterMs: number, agency: string }} Given */
/** @typedef {{ latitude: number, longitude: number, source: number, accuracyM: number | null }} Position */
/**
 * What somebody says of a recording; `waiting`: it is to go to the camera; `refused`: the
 * reason for which the camera did not take it.
 * @typedef {{ recording: string, title: string, ident: string, category: string, position: Position | null,
 *   waiting: boolean, refused: string | null, startMs: number, lastedMs: number, clock: number }} Draft
 */
/** What is kept under a name of its own. @typedef {{ own: Own, given: Given, pairings: Pairings, categories: string[], theme: string }} Kept */
/**
 * @typedef {{ get: <K extends keyof Kept>(name: K) => Promise<Kept[K] | undefined>,
 *   put: <K extends keyof Kept>(name: K, value: Kept[K]) => Promise<void>,
 *   change: <K extends keyof Kept>(name: K, change: (before: Kept[K] | undefined) => Kept[K]) => Promise<Kept[K]>,
 *   drop: (name: keyof Kept) => Promise<void>,
 *   drafts: () => Promise<Draft[]>, putDraft: (draft: Draft) => Promise<void>,
 *   dropDraft: (recording: string) => Promise<void> }} Store
 */

const NAME = "lapel-view";
const VERSION = 1; // a newer one is refused by the browser, by name
const [KEPT, DRAFTS] = ["kept", "drafts"];

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answer(request) {
  return new Promise((give, refuse) => {
    request.onsuccess = () => give(request.result);
    request.onerror = () => refuse(request.error);
  });
}

/** @param {IDBTransaction} transaction @returns {Promise<void>} */
function durable(transaction) {
  return new Promise((give, refuse) => {
    transaction.oncomplete = () => give();
    transaction.onabort = transaction.onerror = () => refuse(transaction.error);
  });
}

/** Open the phone's store; made the first time. @param {IDBFactory} factory @returns {Promise<Store>} */
export async function openStore(factory) {
  const opening = factory.open(NAME, VERSION);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(KEPT);
    opening.result.createObjectStore(DRAFTS, { keyPath: "recording" });
  };
  const database = await answer(opening);

  /** @param {string} place @param {(objects: IDBObjectStore) => void} act */
  const write = async (place, act) => {
    const transaction = database.transaction(place, "readwrite", { durability: "strict" });
    act(transaction.objectStore(place));
    transaction.commit(); // at once: a page that is left now must not lose what was typed
    await durable(transaction);
  };
  return {
    get: (name) => answer(database.transaction(KEPT).objectStore(KEPT).get(name)),
    put: (name, value) => write(KEPT, (objects) => objects.put(value, name)),
    change: async (name, change) => {
      const transaction = database.transaction(KEPT, "readwrite", { durability: "strict" });
      const objects = transaction.objectStore(KEPT);
      const after = change(await answer(objects.get(name)));
      objects.put(after, name);
      await durable(transaction);
      return after;
    },
    drop: (name) => write(KEPT, (objects) => objects.delete(name)),
    drafts: () => answer(database.transaction(DRAFTS).objectStore(DRAFTS).getAll()),
    putDraft: (draft) => write(DRAFTS, (objects) => objects.put(draft)),
    dropDraft: (recording) => write(DRAFTS, (objects) => objects.delete(recording)),
  };
}
