// @ts-check
// The app's end of one link, as a table: the same states as the machine in Python. It
// judges the camera before it sends its own name, keeps the new record before it confirms,
// and deletes nothing because of what somebody says in clear.
import { octets, same } from "./bytes.js";
import { ANSWER, ARGUMENTS, REQUEST, RESULTS, STATE } from "./control.js";
import { Receiving, Sending, code, NONCE, opens } from "./derived.js";
import { HandshakeError, LinkError, MalformedError, RefusedError } from "./errors.js";
import { How, howOf, judgeGrant } from "./grant.js";
import { Cipher, Handshake, PAIRING, SESSION } from "./noise.js";
import { recordOf } from "./records.js";
import { Frame, Joiner, MTU_LEAST, MTU_MOST, Mode, appHello, prologue, readCameraHello, readReject, split } from "./wire.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./noise.js").Pair} Pair */
/** @typedef {import("./noise.js").Keys} Keys */
/** @typedef {import("./grant.js").Trust} Trust */
/** @typedef {import("./grant.js").Judged} Judged */
/** @typedef {import("./records.js").Record_} Record_ */
/** A moment: monotonic for durations, UTC with its quality for claims. @typedef {{ monoMs: number, utcMs: number, clock: number }} Now */
/** @typedef {{ grant: boolean, compared: boolean, button: boolean }} Demands */
/** What an app wants: a session with `record`, or without it a pairing. @typedef {{ record: Record_ | null, demands: Demands, compare: boolean }} Wish */
/** @typedef {{ static: Pair, grant: Bytes, trust: Trust, entropy: (size: number) => Bytes, fresh: () => Promise<Pair> }} Identity */
/**
 * @typedef {{ kind: "send", values: Bytes[] }
 *   | { kind: "judged", judged: Judged }
 *   | { kind: "show", code: import("./derived.js").Code }
 *   | { kind: "keep", record: Record_ }
 *   | { kind: "opened", record: Record_ }
 *   | { kind: "proved", record: Record_ }
 *   | { kind: "answered", number: number, code: number, result: any, reason: string | null }
 *   | { kind: "noticed", state: import("./control.js").State }
 *   | { kind: "ended", why: string }} Output
 */
/** @typedef {{ peer: Bytes, judged: Judged, committed: Bytes, nonce: Bytes, compared: boolean }} Meeting */

const HALF_OPEN_MS = 5_000;
const COMPARE_MS = 60_000;
const SESSION_MS = 12 * 3_600_000;
const PROOF = 8;
const EMPTY = octets();

/** @type {Demands} */
export const NO_DEMANDS = Object.freeze({ grant: false, compared: false, button: true });

/** What follows a state on an event, each checked before; what does not stand here is a refusal. */
export const ROWS = Object.freeze({
  "HELLO PAIRING": "SECOND",
  "HELLO SESSION": "ASKED",
  "SECOND MESSAGE": "COMMITTED",
  "COMMITTED COMPARE": "NONCE",
  "COMMITTED TRUST": "KEEPING",
  "NONCE NONCE": "SHOWN",
  "SHOWN SAME": "KEEPING",
  "KEEPING KEPT": "DONE",
  "DONE DONE": "OVER",
  "ASKED MESSAGE": "OPEN",
  "OPEN FRAME": "OPEN",
});

/** What the camera says in clear, as a reason. */
const REJECTS = ["", "format", "version", "not-pairing", "handshake", "busy"];

/** What follows; null is a refusal. Whatever is not over can end. @param {string} state @param {string} event */
export function follow(state, event) {
  if (event === "END") return state === "OVER" ? null : "OVER";
  return /** @type {Record<string, string>} */ (ROWS)[`${state} ${event}`] ?? null;
}

/** Whether a pairing is good enough. @param {Demands} demands @param {number} how @param {boolean} compared */
export function met(demands, how, compared) {
  if (demands.grant && how !== How.GRANT) return false;
  if (demands.compared && !compared) return false;
  return demands.button || how !== How.BUTTON;
}

/** Messages of one link: in clear at first, in frames once there are keys. */
class Channel {
  constructor() {
    this.mtu = MTU_LEAST;
    this.joiner = new Joiner(MTU_MOST);
    /** @type {Sending | null} */
    this.sending = null;
    /** @type {Receiving | null} */
    this.receiving = null;
  }

  /** @param {number} mtu */
  fit(mtu) {
    this.mtu = mtu;
    this.joiner = new Joiner(mtu);
  }

  /** @param {Keys} keys */
  async secure(keys) {
    this.sending = new Sending(await Cipher.of(keys.fromInitiator));
    this.receiving = new Receiving(await Cipher.of(keys.fromResponder));
    keys.fromInitiator.fill(0);
    keys.fromResponder.fill(0);
  }

  erase() {
    this.sending = this.receiving = null;
  }

  /** @param {Bytes} message @returns {Output} */
  clear(message) {
    return { kind: "send", values: split(message, this.mtu) };
  }

  /** @param {number} type @param {Bytes} plain @returns {Promise<Output>} */
  async frame(type, plain) {
    if (this.sending === null) throw new HandshakeError("a frame before there are keys");
    return this.clear(await this.sending.frame(type, plain));
  }

  /** @param {Bytes} message */
  open(message) {
    if (this.receiving === null) throw new HandshakeError("a frame before there are keys");
    return this.receiving.open(message);
  }
}

/** The app's end of one link. Acts are done one after the other, in the order of the calls. */
export class AppLink {
  state = "HELLO";
  /** @type {number | null} */
  #deadline = null;
  #channel = new Channel();
  /** @type {Handshake | null} */
  #handshake = null;
  /** @type {Meeting | null} */
  #meeting = null;
  /** @type {Keys | null} */
  #keys = null;
  #proved = false;
  #number = 0;
  /** @type {Map<number, number>} */
  #asked = new Map();
  /** @type {Promise<unknown>} */
  #turn = Promise.resolve();

  /** @param {Identity} identity @param {Wish} wish */
  constructor(identity, wish) {
    this.identity = identity;
    this.wish = wish;
    this.hello = appHello(wish.record ? Mode.SESSION : Mode.PAIR);
  }

  /** When `tick` has something to do, monotonic ms. */
  nextDeadline() {
    return this.state === "OVER" ? null : this.#deadline;
  }

  /** Say hello; the app has subscribed. @param {Now} now @returns {Promise<Output[]>} */
  start(now) {
    this.#deadline = now.monoMs + HALF_OPEN_MS;
    return this.#act(async () => [this.#channel.clear(this.hello)]);
  }

  /** Take what the camera notified. @param {Bytes} value @param {Now} now @returns {Promise<Output[]>} */
  value(value, now) {
    return this.#act(() => this.#value(value, now));
  }

  /** Take the user's word that both show the same code; it counts once. @param {Now} now @returns {Promise<Output[]>} */
  same(now) {
    return this.#act(async () => {
      if (this.state !== "SHOWN") return [];
      this.#met().meeting.compared = true;
      return this.#keep("SAME", now);
    });
  }

  /** Hear that the record is stored, beside the ones before. @param {Now} now @returns {Promise<Output[]>} */
  kept(now) {
    return this.#act(async () => {
      this.#go("KEPT");
      this.#deadline = now.monoMs + COMPARE_MS;
      return [await this.#channel.frame(Frame.PAIR_CONFIRM, octets(this.#how()))];
    });
  }

  /**
   * Ask something in an open session; the output `answered` has the number that is given
   * here. Throws `RefusedError` when no session is open.
   * @param {number} verb @param {any} given @returns {{ number: number, outputs: Promise<Output[]> }}
   */
  ask(verb, given) {
    if (this.state !== "OPEN") throw new RefusedError("link-closed", "there is no session; connect again");
    const form = ARGUMENTS.get(verb);
    if (form === undefined) throw new RefusedError("verb", "there is no such verb");
    const number = this.#number += 1;
    const plain = REQUEST.encode({ number, verb, arguments: form.items(given) });
    this.#asked.set(number, verb);
    return { number, outputs: this.#act(async () => [await this.#channel.frame(Frame.REQUEST, plain)]) };
  }

  /** Let time pass. @param {Now} now @returns {Promise<Output[]>} */
  tick(now) {
    return this.#act(async () => {
      const due = this.nextDeadline();
      if (due === null || now.monoMs < due) return [];
      return this.#end(this.state === "OPEN" ? "session-over" : "late");
    });
  }

  /** End the link: its keys are erased, and it takes nothing more. @param {string} why @returns {Promise<Output[]>} */
  end(why) {
    return this.#act(async () => this.#end(why));
  }

  /** Do something when it is its turn; what does not hold ends the link. @param {() => Promise<Output[]>} act @returns {Promise<Output[]>} */
  #act(act) {
    const turn = this.#turn.then(() => this.#guarded(act));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** @param {() => Promise<Output[]>} act @returns {Promise<Output[]>} */
  async #guarded(act) {
    if (this.state === "OVER") return [];
    try {
      return await act();
    } catch (error) {
      if (error instanceof HandshakeError) return this.#end("handshake");
      if (error instanceof MalformedError) return this.#end("format");
      if (error instanceof LinkError) return this.#end(error.why);
      throw error;
    }
  }

  /** @param {string} why @returns {Output[]} */
  #end(why) {
    if (this.state === "OVER") return [];
    this.#go("END");
    return [{ kind: "ended", why }];
  }

  /** @param {string} event */
  #go(event) {
    const following = follow(this.state, event);
    if (following === null) throw new LinkError("format", `${event}, in ${this.state}`);
    this.state = following;
    if (following !== "OVER") return;
    this.#channel.erase();
    this.#keys = this.#handshake = null;
  }

  /** @param {Bytes} value @param {Now} now @returns {Promise<Output[]>} */
  async #value(value, now) {
    const message = this.#channel.joiner.take(value);
    if (message === null) return [];
    const rejected = readReject(message);
    if (rejected) throw new LinkError(REJECTS[rejected]);
    switch (this.state) {
      case "HELLO": return this.#greeted(message);
      case "SECOND": return this.#second(message, now);
      case "ASKED": return this.#opened(message, now);
      default: return this.#frame(await this.#channel.open(message), now);
    }
  }

  /** @param {Bytes} message @returns {Promise<Output[]>} */
  async #greeted(message) {
    const hello = readCameraHello(message);
    const { record } = this.wish;
    if (hello.pairing !== (record === null)) throw new LinkError(record ? "busy" : "not-pairing");
    this.#go(record ? "SESSION" : "PAIRING");
    this.#channel.fit(hello.mtu);
    this.#handshake = await Handshake.start(record ? SESSION : PAIRING, {
      known: { static: this.identity.static, peer: record?.peer ?? null, psk: record?.psk ?? null },
      ephemeral: await this.identity.fresh(),
      prologue: prologue(this.hello, message),
      initiator: true,
    });
    return [this.#channel.clear(await this.#handshake.write())];
  }

  #shaking() {
    if (this.#handshake === null) throw new HandshakeError("no handshake");
    return this.#handshake;
  }

  async #split() {
    this.#keys = await this.#shaking().split();
    await this.#channel.secure(this.#keys);
  }

  /** Judge the camera before our own name goes out in the third message. @param {Bytes} message @param {Now} now @returns {Promise<Output[]>} */
  async #second(message, now) {
    const shaking = this.#shaking();
    const payload = await shaking.read(message);
    const peer = shaking.peerStatic;
    const knownMs = now.clock === 0 ? null : now.utcMs;
    const judged = await judgeGrant(payload, peer, this.identity.trust, knownMs);
    if (this.wish.demands.grant && judged.holder === null) throw new LinkError("unverified", judged.reason ?? "");
    this.#meeting = { peer, judged, committed: EMPTY, nonce: EMPTY, compared: false };
    this.#go("MESSAGE");
    const sent = this.#channel.clear(await shaking.write(this.identity.grant));
    await this.#split();
    return [{ kind: "judged", judged }, sent];
  }

  #met() {
    if (this.#meeting === null || this.#keys === null) throw new LinkError("format", "no pairing");
    return { meeting: this.#meeting, keys: this.#keys };
  }

  /** @param {{ type: number, plain: Bytes }} frame @param {Now} now @returns {Promise<Output[]>} */
  async #frame({ type, plain }, now) {
    switch (`${this.state} ${type}`) {
      case `COMMITTED ${Frame.SAS_CB}`: return this.#committed(plain, now);
      case `NONCE ${Frame.SAS_NB}`: return this.#revealed(plain);
      case `DONE ${Frame.PAIR_DONE}`: return this.#done(plain);
      case `OPEN ${Frame.ANSWER}`: return this.#proven(this.#outcome(plain));
      case `OPEN ${Frame.NOTICE}`: return this.#proven({ kind: "noticed", state: STATE.decode(plain) });
      default: throw new LinkError("format", "a frame out of order");
    }
  }

  /** @param {Bytes} plain @param {Now} now @returns {Promise<Output[]>} */
  async #committed(plain, now) {
    const { meeting } = this.#met();
    if (plain.length !== 32) throw new LinkError("format", "a commitment of a wrong length");
    const enough = met(this.wish.demands, howOf(meeting.judged, false), false);
    this.#deadline = now.monoMs + COMPARE_MS;
    if (enough && !this.wish.compare) return this.#keep("TRUST", now);
    this.#go("COMPARE");
    meeting.committed = plain;
    meeting.nonce = this.identity.entropy(NONCE);
    return [await this.#channel.frame(Frame.SAS_NA, meeting.nonce)];
  }

  /** @param {Bytes} plain @returns {Promise<Output[]>} */
  async #revealed(plain) {
    const { meeting, keys } = this.#met();
    if (plain.length !== NONCE) throw new LinkError("format", "a nonce of a wrong length");
    if (!await opens(keys.hash, meeting.committed, plain)) throw new LinkError("handshake", "a nonce that was not committed to");
    this.#go("NONCE");
    return [{ kind: "show", code: await code(keys.hash, meeting.nonce, plain) }];
  }

  #how() {
    const { meeting } = this.#met();
    return howOf(meeting.judged, meeting.compared);
  }

  /** @param {string} event @param {Now} now @returns {Promise<Output[]>} */
  async #keep(event, now) {
    const { meeting, keys } = this.#met();
    this.#go(event);
    return [{ kind: "keep", record: await recordOf(keys, meeting.peer, meeting, now) }];
  }

  /** @param {Bytes} plain @returns {Output[]} */
  #done(plain) {
    const { keys } = this.#met();
    if (!same(plain, keys.hash.slice(0, PROOF))) throw new LinkError("format", "a last word of a wrong length or value");
    this.#go("DONE");
    return [{ kind: "ended", why: "paired" }];
  }

  /** @param {Bytes} message @param {Now} now @returns {Promise<Output[]>} */
  async #opened(message, now) {
    const payload = await this.#shaking().read(message);
    if (payload.length || this.wish.record === null) throw new LinkError("format", "a payload in the second message");
    this.#go("MESSAGE");
    await this.#split();
    this.#deadline = now.monoMs + SESSION_MS;
    return [{ kind: "opened", record: this.wish.record }];
  }

  /** Pass an output on; behind the first frame the camera holds this record. @param {Output} output @returns {Output[]} */
  #proven(output) {
    this.#go("FRAME");
    if (this.#proved || this.wish.record === null) return [output];
    this.#proved = true;
    return [{ kind: "proved", record: this.wish.record }, output];
  }

  /** @param {Bytes} plain @returns {Output} */
  #outcome(plain) {
    const { number, code: answered, result } = ANSWER.decode(plain);
    const verb = this.#asked.get(number);
    if (verb === undefined) throw new LinkError("format", "an answer to nothing");
    this.#asked.delete(number);
    if (answered !== 0) {
      const reason = result?.get(1) ?? "";
      if (typeof reason !== "string") throw new MalformedError("not text");
      return { kind: "answered", number, code: answered, result: null, reason };
    }
    const form = RESULTS.get(verb);
    if ((form !== undefined) !== (result !== null)) throw new LinkError("format", "a result too many, or none");
    return { kind: "answered", number, code: answered, result: form && result ? form.of(result) : null, reason: null };
  }
}
