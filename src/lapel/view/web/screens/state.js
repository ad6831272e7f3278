// @ts-check
// The camera at a glance, and this shift's recordings.
import { running, length } from "../clock.js";
import { CameraMode } from "../link/control.js";
import { hex, same } from "../link/bytes.js";
import { isBytes } from "../link/cbor.js";
import { badge, el, fill, icon, write } from "../dom.js";
import { thumb, trouble } from "./parts.js";

/** @typedef {import("./parts.js").Context} Context */
/** @typedef {import("../link/control.js").State} State */
/** @typedef {import("../link/control.js").Listed} Listed */

/** @param {Context} context @returns {import("./parts.js").Screen} */
export function stateScreen(context) {
  const { say, camera, clock } = context;
  const big = el("div", { "class": "big-state idle" });
  const clockFace = el("span", { "class": "num" });
  const [problem, facts, list, foot] = [el("div", { "class": "stack" }), el("div", {}), el("div", {}), el("div", { "class": "phone-foot foot-stays" })];
  const element = el("section", { "class": "phone", "aria-label": say("state.camera") }, big, problem, facts, list, foot);
  let stop = () => {};
  const tick = () => {
    const { state, stateAtMs, link } = camera.facts;
    if (state?.mode === CameraMode.EVENT && link === "open") {
      write(clockFace, running(state.lastedMs + clock.now().monoMs - stateAtMs));
    }
    stop = clock.later(1000, tick);
  };
  const shown = new Map();
  /** @param {Element} place @param {unknown} about @param {() => import("../dom.js").Child[]} build */
  const renew = (place, about, build) => {
    const now = JSON.stringify(about, (_, value) => (isBytes(value) ? hex(value) : value));
    if (shown.get(place) === now) return;
    shown.set(place, now);
    fill(place, ...build());
  };
  const update = () => {
    const { state, link, trouble: code, recordings, older } = camera.facts;
    const drafts = [...camera.facts.drafts.values()];
    renew(big, [state?.mode, state?.recording, link, recordings.length], () => now(context, big, clockFace));
    renew(problem, code, () => [code ? trouble(say, code) : null]);
    renew(facts, [state, link === "open"], () => [state ? glance(context, state) : null]);
    renew(list, [recordings, older, drafts, link === "open"], () => [shift(context)]);
    renew(foot, [link, code, recordings.length, drafts.length], () => below(context));
  };
  update();
  tick();
  return { element, update, leave: () => stop() };
}

/** @param {Context} context @param {Element} place @param {HTMLElement} face */
function now({ say, camera, local, clock }, place, face) {
  const { state, link, recordings } = camera.facts;
  place.className = "big-state idle";
  if (link !== "open" || !state) {
    const what = link === "connecting" ? "connecting" : "unknown";
    return [icon(what === "connecting" ? "s-wait" : "s-off"), el("h1", { tabindex: "-1" }, say(`state.${what}`)), el("span", {}, say(`state.${what}.why`))];
  }
  if (state.mode === CameraMode.BUFFERING) {
    return [icon("s-good"), el("h1", { tabindex: "-1" }, say("state.ready")), el("span", {}, say("state.buffering"))];
  }
  place.className = "big-state rec";
  const started = recordings.find((one) => state.recording && same(one.recording, state.recording));
  write(face, running(state.lastedMs + clock.now().monoMs - camera.facts.stateAtMs));
  const [before, after] = say("state.recording", { time: "\0" }).split("\0");
  const since = started && started.clock > 0 ? say("state.since", { time: local().second(started.startMs) }) : "";
  return [icon("s-rec"), el("h1", { tabindex: "-1" }, before, face, after ?? ""), since && el("span", {}, since)];
}

/** @param {Context} context @param {State} state */
function glance({ say, camera, local, clock }, state) {
  const apart = camera.facts.link !== "open";
  const low = state.battery < 20;
  const percent = state.battery;
  const asOf = clock.now().utcMs - (clock.now().monoMs - camera.facts.stateAtMs);
  /** @param {string} key @param {HTMLElement} what */
  const row = (key, what) => [el("dt", {}, say(key)), el("dd", { "data-fact": key }, what)];
  return el("section", { "class": "panel", "aria-label": say("state.title") },
    apart ? el("p", { "class": "small quiet" }, say("state.as-of", { time: local().second(asOf) })) : null,
    el("dl", { "class": "facts" },
      ...row("state.battery", badge(low ? "bad" : percent <= 40 ? "warn" : "good", low ? "s-bad" : percent <= 40 ? "s-warn" : "s-good", say(low ? "state.percent.low" : "state.percent", { percent }))),
      ...row("state.memory", badge(state.free < 5 ? "bad" : state.free < 20 ? "warn" : "good", state.free < 5 ? "s-bad" : state.free < 20 ? "s-warn" : "s-good", say("state.memory.free", { percent: state.free }))),
      ...row("state.microphone", state.muted ? badge("warn", "mic-off", say("state.muted")) : badge("idle", "mic", say("state.hears"))),
      ...row("state.lights", state.stealth ? badge("idle", "s-off", say("state.stealth")) : badge("idle", "s-info", say("state.lit"))),
      ...row("state.clock", badge(state.clock ? "idle" : "bad", state.clock ? "s-wait" : "s-bad", say(`state.clock.${state.clock}`))),
      ...row("state.held", badge("idle", "recordings", state.held === 1 ? say("state.held.one") : say("state.held.many", { count: state.held })))));
}

/** @param {Context} context */
function shift(context) {
  const { say, camera } = context;
  const { recordings, older, link, drafts } = camera.facts;
  const listed = new Set(recordings.map((one) => hex(one.recording)));
  const others = [...drafts.values()].filter((draft) => !listed.has(draft.recording));
  const lines = [...recordings.map((one) => line(context, one, hex(one.recording))), ...others.map((one) => line(context, one, one.recording))];
  const none = say(link === "open" ? "list.none" : "list.away");
  return el("section", { "class": "panel", "aria-label": say("list.title") },
    el("h2", { "class": "h3" }, say("list.title")),
    lines.length ? el("ul", { "class": "shift" }, ...lines) : el("p", { "class": "quiet" }, none),
    older && link === "open" ? el("button", { type: "button", "class": "btn btn-tall", "data-do": "older", click: () => camera.listOlder() }, say("list.older")) : null);
}

/** @param {Context} context @param {{ startMs: number, lastedMs: number, clock: number }} one @param {string} name */
function line(context, one, name) {
  return el("li", { "class": "pair" },
    el("a", { "class": "hitline", href: `#note/${name}`, "data-recording": name }, entry(context, one, name)),
    standing(context, one, name));
}

/** A recording by its time and length. @param {Context} context @param {{ startMs: number, lastedMs: number, clock: number }} one @param {string} name */
export function entry({ say, camera, local, clock }, one, name) {
  const { state } = camera.facts;
  const day = local().day(one.startMs);
  const minute = local().minute(one.startMs);
  const time = day === local().day(clock.now().utcMs) ? minute : say("list.day", { day, time: minute });
  if (state?.recording && hex(state.recording) === name) return say("list.running", { time });
  const lasted = length(say, one.lastedMs);
  return one.clock ? say("list.entry", { time, length: lasted }) : say("list.unset", { length: lasted });
}

/** @param {Context} context @param {object} one @param {string} name */
function standing({ say, camera }, one, name) {
  const draft = camera.facts.drafts.get(name);
  if (draft?.refused) return badge("bad", "s-bad", say("list.refused"));
  if (draft?.waiting) return badge("move", "s-move", say("list.waits"));
  if (draft) return badge("warn", "s-warn", say("list.typed"));
  const { category } = /** @type {Partial<Listed>} */ (one);
  return category ? badge("good", "s-good", say("list.described")) : badge("warn", "s-warn", say("list.nothing"));
}

/** @param {Context} context */
function below({ say, camera, go }) {
  const { link, trouble: code, recordings } = camera.facts;
  const next = recordings.find((one) => !one.category && !camera.facts.drafts.get(hex(one.recording))?.waiting) ?? recordings[0];
  const describe = next && thumb(link === "open" ? "btn-main" : "", "tag", say("act.describe"), () => go(`note/${hex(next.recording)}`), "describe");
  const connect = link === "open" ? null : thumb("btn-main", "near", say("act.connect"), () => camera.find(), "connect");
  const anew = code === "handshake" && thumb("", "back", say("act.pair-anew"), () => go("pair"), "anew");
  const hint = connect && code !== "find-again" ? el("p", { "class": "small quiet" }, say("act.connect.hint")) : null;
  return [describe ?? null, anew || null, hint, connect, el("p", { "class": "small faint" }, say("foot.cannot"))];
}
