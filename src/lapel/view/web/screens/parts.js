// @ts-check
// Parts that several screens have.
import { badge, el, icon } from "../dom.js";

/** @typedef {import("../words.js").Say} Say */
/** @typedef {import("../clock.js").Local} Local */
/** @typedef {import("../phone/camera.js").Camera} Camera */
/** @typedef {import("../phone/camera.js").Facts} Facts */
/** @typedef {import("../phone/store.js").Store} Store */
/** @typedef {import("../phone/evidence.js").Standing} Standing */
/** A screen: made once, brought up to date when something has changed; made anew when it is stale. @typedef {{ element: HTMLElement, update: () => void, leave?: () => void, stale?: () => boolean }} Screen */
/**
 * What every screen is given.
 * @typedef {{ say: Say, camera: Camera, store: Store, clock: import("../phone/talk.js").Clock, ready: () => string,
 *   standing: () => Standing, local: () => Local, go: (where: string) => void, announce: (words: string) => void,
 *   theme: () => string, setTheme: (name: string) => void, locate: () => Promise<GeolocationPosition> }} Context
 */

/** What went wrong and what to do, by its code. @param {Say} say @param {string} code */
export function trouble(say, code) {
  const grave = code === "different";
  return el("div", { "class": `note ${grave ? "bad" : "warn"}`, "data-trouble": code },
    icon(grave ? "s-bad" : "s-warn"),
    el("div", {}, el("strong", {}, say(`trouble.${code}`)), el("p", {}, say(`trouble.${code}.do`))));
}

/** Who is signed in, and the grant. @param {Context} context */
export function agency({ say, standing, local, clock }) {
  const { code, around, given } = standing();
  const name = around?.agency ?? given?.agency ?? "";
  const valid = given !== null && given.notAfterMs > clock.now().utcMs;
  const until = given ? local().day(given.notAfterMs) : "";
  const quiet = code === "given" || code === "asking";
  const note = quiet ? "" : say(`grant.${valid ? "kept" : "none"}.${code}`);
  const lacking = given ? say("grant.expired", { until }) : say("grant.none");
  const waiting = badge("", "s-wait", say("grant.asking"));
  const missing = code === "asking" ? waiting : badge("warn", "s-warn", lacking);
  const state = valid
    ? badge("good", "s-good", say(code === "given" ? "grant.given" : "grant.kept", { until }))
    : missing;
  const sign = code === "signed-out" && el("a", { "class": "btn", href: "/sign-in?next=/view/" }, icon("key"), say("grant.sign-in"));
  return el("section", { "class": "panel", "aria-label": say("grant.title") },
    el("h2", { "class": "h3" }, name || say("grant.title")), state, note && el("p", { "class": "quiet small" }, note), sign || null);
}

/** One big thing to press. @param {string} kind @param {string} shape @param {string} words @param {() => void} act @param {string} [name] */
export function thumb(kind, shape, words, act, name) {
  return el("button", { type: "button", "class": `btn btn-thumb ${kind}`, "data-do": name, click: act }, icon(shape), words);
}

/** The way back. @param {Context} context @param {string} title @param {string} [step] */
export function heading({ say, go }, title, step) {
  return el("div", { "class": "row head-back" },
    el("button", { type: "button", "class": "btn btn-bare btn-icon hit-big", "aria-label": say("back"), "data-do": "back", click: () => go("") }, icon("left")),
    el("h1", { "class": "h2", tabindex: "-1" }, title),
    step ? el("span", { "class": "row-end small quiet" }, step) : null);
}
