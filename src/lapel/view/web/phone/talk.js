// @ts-check
// One link over one line: does what the app's end says, in order, and keeps its time.
import { AppLink } from "../link/app.js";
import { LinkError } from "../link/errors.js";

/** @typedef {import("../link/app.js").Output} Output */
/** @typedef {import("../link/app.js").Now} Now */
/** @typedef {import("../radio/bluetooth.js").Line} Line */
/** @typedef {{ code: number, result: any, reason: string | null }} Outcome */
/** Time, so that tests have their own. @typedef {{ now: () => Now, later: (ms: number, act: () => void) => () => void }} Clock */
/** What the owner hears: all outputs but those that are sent. @typedef {(output: Output) => void | Promise<void>} Ear */

const ANSWER_MS = 15_000;

/** A conversation; it ends with an output `ended`, once. */
export class Talk {
  #writing = Promise.resolve();
  /** @type {Promise<unknown>} */
  #asking = Promise.resolve();
  /** @type {Map<number, { give: (outcome: Outcome) => void, refuse: (error: Error) => void }>} */
  #waiting = new Map();
  #disarm = () => {};

  /**
   * @param {Line} line @param {import("../link/app.js").Identity} identity
   * @param {import("../link/app.js").Wish} wish @param {Clock} clock @param {Ear} ear
   */
  constructor(line, identity, wish, clock, ear) {
    this.line = line;
    this.clock = clock;
    this.ear = ear;
    this.link = new AppLink(identity, wish);
    line.onvalue = (value) => this.#do(this.link.value(value, clock.now()));
    line.onlost = () => this.end("gone");
  }

  /** Say hello. */
  begin() {
    return this.#do(this.link.start(this.clock.now()));
  }

  /** The user's word that both show the same code. */
  same() {
    return this.#do(this.link.same(this.clock.now()));
  }

  /** The record is stored. */
  kept() {
    return this.#do(this.link.kept(this.clock.now()));
  }

  /** @param {string} why */
  end(why) {
    return this.#do(this.link.end(why));
  }

  /** Ask, one after the other; throws `LinkError` when the link ends first. @param {number} verb @param {any} given @returns {Promise<Outcome>} */
  ask(verb, given) {
    const asked = this.#asking.then(() => this.#ask(verb, given));
    this.#asking = asked.catch(() => {});
    return asked;
  }

  /** @param {number} verb @param {any} given @returns {Promise<Outcome>} */
  #ask(verb, given) {
    if (this.link.state !== "OPEN") return Promise.reject(new LinkError("gone"));
    return new Promise((give, refuse) => {
      const { number, outputs } = this.link.ask(verb, given);
      const enough = this.clock.later(ANSWER_MS, () => this.end("late"));
      /** @template T @param {(value: T) => void} act @returns {(value: T) => void} */
      const once = (act) => (value) => { enough(); act(value); };
      this.#waiting.set(number, { give: once(give), refuse: once(refuse) });
      this.#do(outputs);
    });
  }

  /** @param {Promise<Output[]>} outputs */
  async #do(outputs) {
    for (const output of await outputs) {
      if (output.kind === "send") this.#write(output.values);
      else await this.#hear(output);
    }
    this.#arm();
  }

  /** @param {import("../link/bytes.js").Bytes[]} values */
  #write(values) {
    this.#writing = this.#writing.then(async () => {
      for (const value of values) await this.line.write(value);
    }).catch(() => { this.end("gone"); });
  }

  /** @param {Output} output */
  async #hear(output) {
    if (output.kind === "answered") {
      this.#waiting.get(output.number)?.give(output);
      this.#waiting.delete(output.number);
      return;
    }
    if (output.kind === "ended") {
      const over = new LinkError(output.why);
      for (const { refuse } of this.#waiting.values()) refuse(over);
      this.#waiting.clear();
      this.line.onvalue = this.line.onlost = () => {};
      this.line.close();
    }
    await this.ear(output);
  }

  #arm() {
    this.#disarm();
    const due = this.link.nextDeadline();
    if (due === null) return;
    const ms = Math.max(0, due - this.clock.now().monoMs);
    this.#disarm = this.clock.later(ms, () => { this.#do(this.link.tick(this.clock.now())); });
  }
}
