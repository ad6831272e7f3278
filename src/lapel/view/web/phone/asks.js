// @ts-check
// What View asks in a session, page by page where there are pages.
import { hex, same, unhex } from "../link/bytes.js";
import { Code, Verb } from "../link/control.js";

/** @typedef {import("./talk.js").Talk} Talk */
/** @typedef {import("./store.js").Draft} Draft */
/** @typedef {import("../link/control.js").State} State */
/** @typedef {import("../link/control.js").Listed} Listed */
/** @typedef {import("../link/control.js").Recordings} Recordings */
/** @typedef {import("../link/control.js").WearerSettings} WearerSettings */

/** @param {Talk} talk @returns {Promise<State | null>} */
export async function askState(talk) {
  return (await talk.ask(Verb.STATE, {})).result;
}

/** What the wearer has chosen and may choose, with all categories. @param {Talk} talk @returns {Promise<WearerSettings | null>} */
export async function askSettings(talk) {
  /** @type {string[]} */
  const categories = [];
  for (;;) {
    const { result } = await talk.ask(Verb.SETTINGS_GET, { category: categories.length });
    if (!result) return null;
    categories.push(...result.categories);
    if (!result.more || !result.categories.length) return { ...result, categories, more: false };
  }
}

/** A page of recordings behind those that are shown. @param {Talk} talk @param {Listed[]} shown @returns {Promise<Recordings | null>} */
export async function askPage(talk, shown) {
  const last = shown.at(-1);
  return (await talk.ask(Verb.RECORDINGS, { seq: last ? last.seq : null })).result;
}

/** Recordings back to `sinceMs`, newest first. @param {Talk} talk @param {number} sinceMs @returns {Promise<Recordings | null>} */
export async function askShift(talk, sinceMs) {
  /** @type {Listed[]} */
  const found = [];
  for (;;) {
    const result = await askPage(talk, found);
    if (!result) return null;
    found.push(...result.page);
    const old = found.findIndex((one) => one.clock > 0 && one.startMs < sinceMs);
    if (old >= 0) return { page: found.slice(0, old), more: true };
    if (!result.more || !result.page.length) return { page: found, more: false };
  }
}

/**
 * Have the camera write down what was typed. Gives what becomes of the draft: null when
 * the camera has it.
 * @param {Talk} talk @param {Draft} draft @returns {Promise<Draft | null>}
 */
export async function askAnnotate(talk, draft) {
  const [title, ident, category] = [draft.title, draft.ident, draft.category].map((one) => one || null);
  const said = { recording: unhex(draft.recording), title, ident, category, position: draft.position };
  const { code, reason } = await talk.ask(Verb.ANNOTATE, said);
  if (code === Code.DONE) return null;
  if (code === Code.BUSY) return draft;
  return { ...draft, waiting: false, refused: code === Code.NOT_FOUND ? "not-found" : reason || "refused" };
}

/**
 * Send what waits, also what is saved meanwhile; each once. What was typed on while it was
 * sent stays as it is.
 * @param {Talk} talk
 * @param {{ facts: { drafts: Map<string, Draft> }, dropDraft: (recording: string) => Promise<void>, keepDraft: (draft: Draft) => Promise<void> }} camera
 */
export async function askAll(talk, camera) {
  /** @type {Set<Draft>} */
  const tried = new Set();
  for (;;) {
    const draft = [...camera.facts.drafts.values()].find((one) => one.waiting && !tried.has(one));
    if (!draft) return;
    tried.add(draft);
    const after = await askAnnotate(talk, draft);
    if (camera.facts.drafts.get(draft.recording) !== draft) continue;
    if (after === null) await camera.dropDraft(draft.recording);
    else if (after !== draft) await camera.keepDraft(after);
  }
}

/** The recording of a list that has this name. @param {Listed[]} recordings @param {string} name */
export function named(recordings, name) {
  const wanted = unhex(name);
  return recordings.find((one) => same(one.recording, wanted)) ?? null;
}

/** What is said of a recording so far, to be typed on. @param {Listed} listed @returns {Draft} */
export function draftOf(listed) {
  return {
    recording: hex(listed.recording), title: listed.title ?? "", ident: listed.ident ?? "", category: listed.category ?? "",
    position: null, waiting: false, refused: null, startMs: listed.startMs, lastedMs: listed.lastedMs, clock: listed.clock,
  };
}
