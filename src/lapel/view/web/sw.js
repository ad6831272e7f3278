// @ts-check
// Keeps View's page for when there is no network: exactly the files of the list, each with
// the content that the list names. Whatever else is asked for goes to the network.

/** @typedef {Event & { waitUntil: (work: Promise<unknown>) => void, request: Request, respondWith: (answer: Promise<Response>) => void }} WorkerEvent */
/**
 * @typedef {{ importScripts: (name: string) => void, skipWaiting: () => Promise<void>, registration: { scope: string },
 *   clients: { claim: () => Promise<void> }, FILES: Record<string, string>,
 *   addEventListener: (name: string, act: (event: WorkerEvent) => void) => void }} Worker_
 */

const worker = /** @type {Worker_} */ (/** @type {unknown} */ (self));
worker.importScripts("files.js");
const OURS = "lapel-view ";
const NAME = OURS + digest(Object.entries(worker.FILES).join());
const LISTED = new Map(Object.entries(worker.FILES).map(([path, hash]) => [new URL(path, worker.registration.scope).href, hash]));

/** A short name for a list; what is in it is checked file by file. @param {string} list */
function digest(list) {
  let sum = 0;
  for (const sign of list) sum = (Math.imul(sum, 31) + sign.charCodeAt(0)) >>> 0;
  return sum.toString(16);
}

async function fetched() {
  const cache = await caches.open(NAME);
  await Promise.all([...LISTED].map(async ([url, hash]) => {
    const answer = await fetch(url, { integrity: `sha256-${hash}`, cache: "no-cache" });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    await cache.put(url, answer);
  }));
  await worker.skipWaiting();
}

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== NAME).map((name) => caches.delete(name)));
  await worker.clients.claim();
}

/** @param {string} url @param {Request} request @returns {Promise<Response>} */
async function kept(url, request) {
  const found = await caches.match(url, { cacheName: NAME });
  return found ?? fetch(request);
}

worker.addEventListener("install", (event) => event.waitUntil(fetched()));
worker.addEventListener("activate", (event) => event.waitUntil(tidy()));
worker.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  url.search = url.hash = "";
  if (event.request.method === "GET" && LISTED.has(url.href)) event.respondWith(kept(url.href, event.request));
});
