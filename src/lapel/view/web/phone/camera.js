// @ts-check
// What View does with its camera: finds it, pairs, opens sessions, asks, and sends what was
// typed. It holds what is known in `facts` and tells whoever listens that they have changed.
import { NO_DEMANDS } from "../link/app.js";
import { Code, Verb } from "../link/control.js";
import { LinkError } from "../link/errors.js";
import { added, proved, shownTokens } from "../link/records.js";
import { slotOf } from "../link/wire.js";
import { RadioError } from "../radio/bluetooth.js";
import { askAll, askPage, askSettings, askShift, askState } from "./asks.js";
import { Talk } from "./talk.js";

/** @typedef {import("../link/control.js").State} State */
/** @typedef {import("../link/control.js").Listed} Listed */
/** @typedef {import("../link/control.js").WearerSettings} WearerSettings */
/** @typedef {import("../link/records.js").Pairings} Pairings */
/** @typedef {import("../radio/bluetooth.js").Place} Place */
/** @typedef {import("./store.js").Draft} Draft */
/** A pairing under way: `step` is what View waits for. @typedef {{ step: "camera" | "word" | "button", judged: import("../link/grant.js").Judged | null, code: import("../link/derived.js").Code | null, untilMs: number }} Meeting */
/**
 * @typedef {{ paired: boolean, holder: string | null, how: number | null, link: "apart" | "connecting" | "open", trouble: string | null,
 *   state: State | null, stateAtMs: number, recordings: Listed[], older: boolean, settings: WearerSettings | null,
 *   categories: string[], drafts: Map<string, Draft>, meeting: Meeting | null }} Facts
 */
/**
 * What a camera needs from around it.
 * @typedef {{ store: import("./store.js").Store, radio: import("../radio/bluetooth.js").Radio, clock: import("./talk.js").Clock,
 *   identity: () => Promise<import("../link/app.js").Identity> }} Around
 */

const SHIFT_MS = 12 * 3_600_000;
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const POLL_MS = 30_000;
const COMPARE_MS = 60_000;

/** The camera of this phone. */
export class Camera extends EventTarget {
  /** @type {Facts} */
  facts = {
    paired: false, holder: null, how: null, link: "apart", trouble: null, state: null, stateAtMs: 0, recordings: [],
    older: false, settings: null, categories: [], drafts: new Map(), meeting: null,
  };
  /** @type {Place | null} */
  #place = null;
  /** @type {Talk | null} */
  #talk = null;
  #placeSlot = 0;
  #polling = () => {};
  #stopAgain = () => {};
  #sending = false;
  #turn = 0;

  /** @param {Around} around */
  constructor(around) {
    super();
    this.around = around;
  }

  /** Take what is kept on the phone. */
  async load() {
    const { store } = this.around;
    const [pairings, categories, drafts] = [await store.get("pairings"), await store.get("categories"), await store.drafts()];
    this.#held(pairings ?? []);
    this.#tell({ categories: categories ?? [], drafts: new Map(drafts.map((draft) => [draft.recording, draft])) });
  }

  /** Let the user choose a camera in pairing mode, and meet it. Call it from a tap. */
  async pair() {
    await this.#guarded(async () => {
      const place = await this.around.radio.choose({ pairing: true });
      this.#leave();
      this.#tell({ link: "connecting", trouble: null, meeting: meeting("camera", 0) });
      const line = await place.connect();
      this.#place = place;
      this.#placeSlot = -1; // it takes another name when it leaves pairing mode
      const wish = { record: null, demands: NO_DEMANDS, compare: true };
      const { clock } = this.around;
      this.#talk = new Talk(line, await this.around.identity(), wish, clock, (output) => this.#meet(output));
      await this.#talk.begin();
    });
  }

  /** The user's word on the code. @param {boolean} same */
  async compared(same) {
    await (same ? this.#talk?.same() : this.#talk?.end("different"));
  }

  /** Give up a pairing that is under way. */
  async giveUp() {
    await this.#talk?.end("late");
    this.#tell({ meeting: null, trouble: null, link: "apart" });
  }

  /** Find the camera again: where it was, or by one tap on a list with one entry. Call it from a tap. */
  async find() {
    await this.#guarded(async () => {
      const pairings = await this.around.store.get("pairings") ?? [];
      this.#place = await this.around.radio.choose({ tokens: await shownTokens(pairings, this.#slot()) });
      this.#placeSlot = this.#slot();
      this.#tell({ trouble: null });
      await this.#open();
    });
  }

  /** Show recordings before those shown. */
  async listOlder() {
    await this.#quietly(async (talk) => {
      const result = await askPage(talk, this.facts.recordings);
      if (result) this.#tell({ recordings: [...this.facts.recordings, ...result.page], older: result.more });
    });
  }

  /** Change what the wearer may change. @param {Partial<import("../link/control.js").SettingsChange>} change @returns {Promise<boolean>} */
  async change(change) {
    const whole = { volume: null, vibration: null, lights: null, stealth: null, ...change };
    return this.#quietly(async (talk) => {
      const { code } = await talk.ask(Verb.SETTINGS_SET, whole);
      await this.#settings(talk);
      return code === Code.DONE;
    });
  }

  /** Keep what is being typed. @param {Draft} draft */
  async keepDraft(draft) {
    this.facts.drafts.set(draft.recording, draft);
    await this.around.store.putDraft(draft);
    this.#tell({});
  }

  /** Let go of what was typed. @param {string} recording */
  async dropDraft(recording) {
    this.facts.drafts.delete(recording);
    await this.around.store.dropDraft(recording);
    this.#tell({});
  }

  /** Send what waits, as soon as there is a session. @param {Draft} draft */
  async send(draft) {
    await this.keepDraft({ ...draft, waiting: true, refused: null });
    await this.#quietly((talk) => this.#sendWaiting(talk));
  }

  /** End the pairing on both sides; gives whether the camera has done it. @returns {Promise<boolean>} */
  async unpair() {
    const done = await this.#quietly(async (talk) => (await talk.ask(Verb.UNPAIR, {})).code === Code.DONE);
    if (done) await this.forget();
    return done;
  }

  /** Forget the camera on this phone only. */
  async forget() {
    this.#leave();
    await this.around.store.drop("pairings");
    this.#place = null;
    this.#held([]);
    this.#tell({ link: "apart", trouble: null, state: null, recordings: [], settings: null });
  }

  /** @param {Pairings} pairings */
  #held(pairings) {
    const [newest] = pairings;
    this.#tell({ paired: pairings.length > 0, holder: newest?.holder ?? null, how: newest?.how ?? null });
  }

  /** Do what a tap asked for; what goes wrong stands in `trouble`. @param {() => Promise<void>} act */
  async #guarded(act) {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof RadioError || error instanceof LinkError)) throw error;
      this.#tell({ link: "apart", meeting: null, trouble: await this.#why(error) });
    }
  }

  /** @param {RadioError | LinkError} error */
  async #why(error) {
    if (error instanceof LinkError) return error.why;
    if (error.code === "out-of-range" && this.#moved()) return "find-again";
    if (error.code !== "none-chosen") return error.code;
    const ready = await this.around.radio.ready(); // a list says nothing of why nobody chose
    return ready === "ready" ? "none-chosen" : ready;
  }

  #slot() {
    return slotOf(this.around.clock.now().utcMs);
  }

  /** Whether the camera has another name on the air than when it was chosen. */
  #moved() {
    return this.#place !== null && this.#placeSlot !== this.#slot();
  }

  /** Do something in the session, if there is one; a link that ends meanwhile is no error here. @param {(talk: Talk) => Promise<boolean | void>} act @returns {Promise<boolean>} */
  async #quietly(act) {
    const talk = this.#talk;
    if (!talk || this.facts.link !== "open") return false;
    try {
      return await act(talk) ?? true;
    } catch (error) {
      if (error instanceof LinkError) return false;
      throw error;
    }
  }

  /** Outputs of a pairing. @param {import("../link/app.js").Output} output */
  async #meet(output) {
    const { meeting: met } = this.facts;
    const untilMs = this.around.clock.now().monoMs + COMPARE_MS;
    switch (output.kind) {
      case "judged": return this.#tell({ meeting: { ...meeting("camera", untilMs), judged: output.judged } });
      case "show":
        if (met) this.#tell({ meeting: { ...met, step: "word", code: output.code, untilMs } });
        return undefined;
      case "keep":
        if (met) this.#tell({ meeting: { ...met, step: "button", untilMs } });
        return this.#keep(output.record);
      case "ended": return this.#met(output.why);
      default: return undefined;
    }
  }

  /** Store the new record beside those before; then the camera is told. @param {import("../link/records.js").Record_} record */
  async #keep(record) {
    try {
      this.#held(await this.around.store.change("pairings", (before) => added(before ?? [], record)));
    } catch {
      await this.#talk?.end("storage");
      return;
    }
    await this.#talk?.kept();
  }

  /**
   * A pairing has ended; after a good one the session begins by itself. So it does when only
   * the camera's last word was lost: the record is stored, and a session settles whose it is.
   * @param {string} why
   */
  async #met(why) {
    this.#talk = null;
    const good = why === "paired" || (why === "gone" && this.facts.meeting?.step === "button");
    this.#tell({ meeting: null, link: "apart", trouble: good ? null : why });
    if (good) this.#again(0);
  }

  /** Open a session, with each record that the camera may hold, the newest first. */
  async #open() {
    const place = this.#place;
    if (!place) return undefined;
    this.#leave();
    const turn = this.#turn += 1;
    this.#tell({ link: "connecting" });
    const pairings = await this.around.store.get("pairings") ?? [];
    let why = "not-paired";
    for (const record of pairings) {
      const line = await place.connect();
      if (turn !== this.#turn) return line.close(); // the user has chosen anew meanwhile
      why = await this.#session(line, record, pairings, turn);
      if (why === "open" || turn !== this.#turn) return undefined;
      if (why !== "handshake") break;
    }
    throw new LinkError(why);
  }

  /**
   * Try one record: "open" behind the first answer, or why not; nothing once the user has gone on.
   * @param {import("../radio/bluetooth.js").Line} line @param {import("../link/records.js").Record_} record @param {Pairings} held
   * @param {number} turn @returns {Promise<string>}
   */
  async #session(line, record, held, turn) {
    const wish = { record, demands: NO_DEMANDS, compare: true };
    const identity = await this.around.identity();
    return new Promise((give) => {
      /** @type {Talk} */
      const talk = new Talk(line, identity, wish, this.around.clock, async (output) => {
        if (turn !== this.#turn && talk !== this.#talk && output.kind !== "ended") return talk.end("gone");
        switch (output.kind) {
          case "opened":
            this.#state(talk).then(() => { if (turn === this.#turn) this.#opened(talk, give); }, () => {});
            break;
          case "proved":
            // What cannot be stored now is stored in the next session.
            await this.around.store.change("pairings", (now) => proved(now ?? [], output.record, held)).then((all) => this.#held(all), () => {});
            break;
          case "noticed":
            await this.#noticed(talk, output.state);
            break;
          case "ended":
            give(output.why);
            if (talk === this.#talk) this.#lost(output.why);
            break;
          default:
        }
      });
      talk.begin();
    });
  }

  /** @param {Talk} talk @param {(why: string) => void} give */
  #opened(talk, give) {
    this.#talk = talk;
    this.#tell({ link: "open", trouble: null });
    give("open");
    const poll = () => {
      this.#quietly(async (open) => {
        await this.#state(open);
        if ([...this.facts.drafts.values()].some((one) => one.waiting)) await this.#sendWaiting(open);
      });
      this.#polling = this.around.clock.later(POLL_MS, poll);
    };
    this.#polling = this.around.clock.later(POLL_MS, poll);
    this.#quietly(async (open) => {
      await this.#settings(open);
      await this.#list(open);
      await this.#sendWaiting(open);
    });
  }

  /** @param {Talk} talk @param {State} state */
  async #noticed(talk, state) {
    const before = this.facts.state;
    this.#tell({ state, stateAtMs: this.around.clock.now().monoMs });
    if (talk !== this.#talk || (before?.mode === state.mode && before.held === state.held)) return;
    this.#quietly((open) => this.#list(open));
  }

  /** The session has ended: try where the camera was; later only a tap can find it. @param {string} why */
  #lost(why) {
    this.#talk = null;
    this.#polling();
    this.#tell({ link: "apart", trouble: why === "gone" ? "out-of-range" : why });
    if (why === "gone" || why === "late" || why === "session-over") this.#again(0);
  }

  /** @param {number} times */
  #again(times) {
    if (times >= AGAIN_MS.length || !this.#place) return;
    this.#stopAgain = this.around.clock.later(AGAIN_MS[times], async () => {
      if (this.facts.link !== "apart" || this.facts.meeting || !this.facts.paired) return;
      await this.#guarded(async () => { await this.#open(); });
      if (this.facts.link === "apart" && !this.#moved()) this.#again(times + 1);
    });
  }

  #leave() {
    const talk = this.#talk;
    this.#talk = null;
    this.#turn += 1;
    this.#polling();
    this.#stopAgain();
    talk?.end("gone");
  }

  /** @param {Talk} talk */
  async #state(talk) {
    const state = await askState(talk);
    if (state) this.#tell({ state, stateAtMs: this.around.clock.now().monoMs });
  }

  /** @param {Talk} talk */
  async #settings(talk) {
    const settings = await askSettings(talk);
    if (!settings) return;
    this.#tell({ settings, categories: settings.categories });
    await this.around.store.put("categories", settings.categories);
  }

  /** This shift's recordings. @param {Talk} talk */
  async #list(talk) {
    const found = await askShift(talk, this.around.clock.now().utcMs - SHIFT_MS);
    if (found) this.#tell({ recordings: found.page, older: found.more });
  }

  /** @param {Talk} talk */
  async #sendWaiting(talk) {
    if (this.#sending) return;
    this.#sending = true;
    try {
      await askAll(talk, this);
    } finally {
      this.#sending = false;
    }
    await this.#list(talk);
  }

  /** @param {Partial<Facts>} changed */
  #tell(changed) {
    this.facts = { ...this.facts, ...changed };
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {Meeting["step"]} step @param {number} untilMs @returns {Meeting} */
function meeting(step, untilMs) {
  return { step, judged: null, code: null, untilMs };
}
