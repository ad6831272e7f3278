// @ts-check
// Requests over the link: verbs, their arguments and results. A closed list; nothing in it
// deletes, alters, exports or starts a recording.
import { MalformedError } from "./errors.js";
import { Form, anyMap, choice, flag, keyed, line, many, maybe, nested, nullable, octets, uint } from "./document.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./cbor.js").Items} Items */
/** @typedef {{ mode: number, battery: number, free: number, muted: boolean, stealth: boolean, recording: Bytes | null, lastedMs: number, held: number, clock: number }} State */
/** @typedef {{ volume: number, vibration: boolean, lights: boolean, stealth: boolean, permitted: number[], categories: string[], more: boolean }} WearerSettings */
/** @typedef {{ volume: number | null, vibration: boolean | null, lights: boolean | null, stealth: boolean | null }} SettingsChange */
/** @typedef {{ recording: Bytes, seq: number, startMs: number, clock: number, lastedMs: number, marked: boolean, title: string | null, ident: string | null, category: string | null }} Listed */
/** @typedef {{ page: Listed[], more: boolean }} Recordings */
/** @typedef {{ latitude: number, longitude: number, source: number, accuracyM: number | null }} Position */
/** @typedef {{ recording: Bytes, title: string | null, ident: string | null, category: string | null, position: Position | null }} Annotation */

export const Verb = Object.freeze({
  STATE: 1, SETTINGS_GET: 2, SETTINGS_SET: 3, RECORDINGS: 4, ANNOTATE: 5, UNPAIR: 15,
});
export const Code = Object.freeze({
  DONE: 0, MALFORMED: 1, UNKNOWN_VERB: 2, NOT_PERMITTED: 3, WRONG_STATE: 4, NOT_FOUND: 5, BUSY: 6, CLOCK_UNSET: 7,
});
export const CameraMode = Object.freeze({ BUFFERING: 1, EVENT: 2 });
export const Permitted = Object.freeze({ VOLUME: 0, VIBRATION: 1, LIGHTS: 2, STEALTH: 3 });
export const PHONE = 0; // source of a position
const CLOCK = choice([0, 1, 2, 3]);

/** @type {Form<{}>} */
export const NOTHING = new Form("Nothing", []);

/** @type {Form<State>} */
export const STATE = new Form("State", [
  keyed(1, "mode", choice([1, 2])),
  keyed(2, "battery", uint(100)),
  keyed(3, "free", uint(100)),
  keyed(4, "muted", flag),
  keyed(5, "stealth", flag),
  keyed(6, "recording", nullable(octets(16))),
  keyed(7, "lastedMs", uint()),
  keyed(8, "held", uint()),
  keyed(9, "clock", CLOCK),
], (state) => {
  if ((state.mode === CameraMode.EVENT) !== (state.recording !== null)) {
    throw new MalformedError("a recording is named exactly in EVENT");
  }
});

/** @type {Form<{ category: number }>} */
export const SETTINGS_FROM = new Form("SettingsFrom", [keyed(1, "category", uint())]);

/** @type {Form<WearerSettings>} */
export const WEARER_SETTINGS = new Form("WearerSettings", [
  keyed(1, "volume", uint(3)),
  keyed(2, "vibration", flag),
  keyed(3, "lights", flag),
  keyed(4, "stealth", flag),
  keyed(5, "permitted", many(choice([0, 1, 2, 3]))),
  keyed(6, "categories", many(line)),
  keyed(7, "more", flag),
]);

/** @type {Form<SettingsChange>} */
export const SETTINGS_CHANGE = new Form("SettingsChange", [
  keyed(1, "volume", nullable(uint(3))),
  keyed(2, "vibration", nullable(flag)),
  keyed(3, "lights", nullable(flag)),
  keyed(4, "stealth", nullable(flag)),
], ({ volume, vibration, lights, stealth }) => {
  if ([volume, vibration, lights, stealth].every((one) => one === null)) throw new MalformedError("a change of nothing");
});

/** @type {Form<{ seq: number | null }>} */
export const RECORDINGS_BEFORE = new Form("RecordingsBefore", [keyed(1, "seq", nullable(uint()))]);

/** @type {Form<Listed>} */
export const LISTED = new Form("Listed", [
  keyed(1, "recording", octets(16)),
  keyed(2, "seq", uint()),
  keyed(3, "startMs", uint()),
  keyed(4, "clock", CLOCK),
  keyed(5, "lastedMs", uint()),
  keyed(6, "marked", flag),
  keyed(7, "title", nullable(line)),
  keyed(8, "ident", nullable(line)),
  keyed(9, "category", nullable(line)),
]);

/** @type {Form<Recordings>} */
export const RECORDINGS = new Form("Recordings", [
  keyed(1, "page", many(nested(LISTED))),
  keyed(2, "more", flag),
], ({ page }) => {
  if (page.some((one, at) => at > 0 && one.seq >= page[at - 1].seq)) {
    throw new MalformedError("recordings in a wrong order");
  }
});

/** @type {Form<Position>} */
export const POSITION = new Form("Position", [
  keyed(1, "latitude", uint(1_800_000_000)),
  keyed(2, "longitude", uint(3_600_000_000)),
  keyed(3, "source", choice([0, 1, 2])),
  maybe(4, "accuracyM", uint(100_000)),
]);

/** @type {Form<Annotation>} */
export const ANNOTATION = new Form("Annotation", [
  keyed(1, "recording", octets(16)),
  maybe(2, "title", line),
  maybe(3, "ident", line),
  maybe(4, "category", line),
  maybe(5, "position", nested(POSITION)),
], ({ title, ident, category, position }) => {
  if ([title, ident, category, position].every((one) => one === null)) {
    throw new MalformedError("an annotation that says nothing");
  }
});

/** @type {Form<{ number: number, verb: number, arguments: Items }>} */
export const REQUEST = new Form("Request", [
  keyed(1, "number", uint()),
  keyed(2, "verb", uint()),
  keyed(3, "arguments", anyMap),
]);

/** @type {Form<{ number: number, code: number, result: Items | null }>} */
export const ANSWER = new Form("Answer", [
  keyed(1, "number", uint()),
  keyed(2, "code", choice([0, 1, 2, 3, 4, 5, 6, 7])),
  maybe(3, "result", anyMap),
]);

/** What is asked with each verb. @type {Map<number, Form<any>>} */
export const ARGUMENTS = new Map(/** @type {[number, Form<any>][]} */ ([
  [Verb.STATE, NOTHING],
  [Verb.SETTINGS_GET, SETTINGS_FROM],
  [Verb.SETTINGS_SET, SETTINGS_CHANGE],
  [Verb.RECORDINGS, RECORDINGS_BEFORE],
  [Verb.ANNOTATE, ANNOTATION],
  [Verb.UNPAIR, NOTHING],
]));

/** What a verb gives when it is done; the others give nothing. @type {Map<number, Form<any>>} */
export const RESULTS = new Map(/** @type {[number, Form<any>][]} */ ([
  [Verb.STATE, STATE],
  [Verb.SETTINGS_GET, WEARER_SETTINGS],
  [Verb.RECORDINGS, RECORDINGS],
]));
