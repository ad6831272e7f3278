// @ts-check
// Pairing: the two buttons as a picture, then whom the phone has met and the code.
import { COLOURS } from "../link/derived.js";
import { badge, el, fill, icon, svg, write } from "../dom.js";
import { heading, thumb, trouble } from "./parts.js";

/** @typedef {import("./parts.js").Context} Context */
/** @typedef {import("../phone/camera.js").Meeting} Meeting */

/** @param {Context} context @returns {import("./parts.js").Screen} */
export function pairScreen(context) {
  const { say, camera, clock, go } = context;
  const element = el("section", { "class": "phone", "aria-label": say("start.title") });
  const left = el("p", { "class": "small faint", "data-left": true });
  let shown = "";
  let stop = () => {};
  const count = () => {
    const met = camera.facts.meeting;
    const seconds = met ? Math.max(0, Math.ceil((met.untilMs - clock.now().monoMs) / 1000)) : 0;
    write(left, met && met.step !== "camera" ? say("pair.left", { seconds }) : "");
    stop = clock.later(1000, count);
  };
  const update = () => {
    const { meeting, trouble: code, link } = camera.facts;
    const now = `${meeting?.step ?? "picture"} ${code} ${link}`;
    if (now === shown) return;
    if (shown.startsWith("button") && !meeting && !code) return go("");
    shown = now;
    if (!meeting || meeting.step === "camera") fill(element, ...picture(context, code, link === "connecting"));
    else if (meeting.step === "word") fill(element, ...comparison(context, meeting, left));
    else fill(element, ...lastWord(context, left));
    if (meeting?.step !== "camera") element.querySelector("h1")?.focus({ preventScroll: true });
    return undefined;
  };
  update();
  count();
  return { element, update, leave: () => { stop(); if (camera.facts.meeting) camera.giveUp(); } };
}

/** @param {Context} context @param {string | null} code @param {boolean} busy */
function picture(context, code, busy) {
  const { say, camera } = context;
  return [
    heading(context, say("pair.title"), say("pair.step1")),
    el("p", { "class": "quiet" }, say("pair.how")),
    buttons(say),
    el("p", { "class": "quiet" }, say("pair.then")),
    code ? trouble(say, code) : null,
    el("div", { "class": "phone-foot" }, busy
      ? el("p", { "class": "st move", role: "status" }, icon("s-wait"), say("pair.meeting"))
      : thumb("btn-main", "search", say("pair.look"), () => camera.pair(), "look")),
  ];
}

/** The camera with its two buttons, as a drawing of our own. @param {import("../words.js").Say} say */
function buttons(say) {
  /** @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r @param {string} kind */
  const box = (x, y, w, h, r, kind) => svg("rect", { x, y, width: w, height: h, rx: r, "class": kind });
  /** @param {number} x @param {number} y @param {string} kind @param {string} words */
  const text = (x, y, kind, words) => svg("text", { x, y, "class": kind, "text-anchor": "middle" }, words);
  /** A hand's finger that comes from the side. @param {number} y @param {number} side */
  const finger = (y, side) => svg("path", {
    "class": "pic-finger",
    d: side < 0
      ? `M-6 ${y - 13} H70 a13 13 0 0 1 0 26 H-6`
      : `M246 ${y - 13} H170 a13 13 0 0 0 0 26 H246`,
  });
  return svg("svg", { "class": "pic", viewBox: "0 0 240 290", role: "img", "aria-label": say("pair.picture") },
    box(52, 4, 136, 282, 26, "pic-body"),
    svg("circle", { cx: 120, cy: 46, r: 27, "class": "pic-lens" }),
    svg("circle", { cx: 120, cy: 46, r: 15, "class": "pic-lens" }),
    box(84, 86, 72, 14, 7, "pic-lights"),
    box(66, 112, 108, 90, 16, "pic-press"),
    text(120, 152, "pic-word", say("pair.event")),
    text(120, 174, "pic-small", say("pair.hold")),
    box(66, 214, 108, 58, 16, "pic-press"),
    text(120, 239, "pic-word", say("pair.function")),
    text(120, 259, "pic-small", say("pair.hold")),
    finger(184, -1),
    finger(256, 1));
}

/** @param {Context} context @param {Meeting} met @param {HTMLElement} left */
function comparison(context, met, left) {
  const { say, camera } = context;
  const digits = met.code?.digits ?? "";
  return [
    el("div", { "class": "row" }, el("h1", { "class": "h2", tabindex: "-1" }, say("pair.is-yours")), el("span", { "class": "row-end small quiet" }, say("pair.step2"))),
    el("p", { "class": "quiet" }, say("pair.answered")),
    whom(context, met),
    el("section", { "class": "panel", "aria-label": say("pair.digits") },
      el("p", { "class": "quiet" }, say("pair.compare")),
      el("p", { "class": "code" },
        el("span", { "class": "sr" }, [...digits].join(" ")),
        el("span", { "aria-hidden": "true", "data-digits": digits }, `${digits.slice(0, 3)} ${digits.slice(3)}`)),
      flashes(say, met.code?.flashes ?? []),
      left),
    el("div", { "class": "note idle" }, icon("s-info"),
      el("div", {}, el("strong", {}, say("pair.ends")), el("p", {}, say("pair.ends.why")))),
    el("div", { "class": "phone-foot foot-stays" },
      thumb("btn-main", "check", say("pair.same"), () => camera.compared(true), "same"),
      thumb("btn-grave", "close", say("pair.different"), () => camera.compared(false), "different")),
  ];
}

/** @param {Context} context @param {Meeting} met */
function whom({ say, standing }, met) {
  const { given } = standing();
  const holder = met.judged?.holder ?? null;
  const known = given?.cameras.find((camera) => camera.serial === holder);
  const name = holder ?? say("set.unnamed");
  const worn = known?.wearer ? say("pair.worn-by", { wearer: known.wearer }) : say("pair.worn-none");
  return el("div", { "class": "panel" },
    el("div", { "class": "row" }, icon("camera", "ic-l"),
      el("div", { "class": "grow" }, el("b", { "class": "mono", "data-holder": holder ?? "" }, name), holder && el("span", { "class": "sub" }, worn))),
    holder !== null
      ? badge("good", "s-good", say("pair.granted", { agency: given?.agency ?? "" }))
      : badge("warn", "s-warn", say("pair.unverified")),
    met.judged?.reason ? el("p", { "class": "small quiet" }, say(`pair.why.${met.judged.reason}`)) : null);
}

/** Eight flashes in a row: colour and word. @param {import("../words.js").Say} say @param {number[]} all */
function flashes(say, all) {
  return el("ol", { "class": "flashes", "aria-label": say("pair.flashes") },
    ...all.map((one) => el("li", {}, el("span", { "class": `led led-${COLOURS[one]}`, "aria-hidden": "true" }), el("span", {}, say(`colour.${one}`)))));
}

/** @param {Context} context @param {HTMLElement} left */
function lastWord({ say, camera }, left) {
  return [
    el("div", { "class": "row" }, el("h1", { "class": "h2", tabindex: "-1" }, say("pair.press")), el("span", { "class": "row-end small quiet" }, say("pair.step2"))),
    el("p", { "class": "quiet" }, say("pair.press.why")),
    buttons(say),
    left,
    el("div", { "class": "phone-foot" }, thumb("", "close", say("cancel"), () => camera.giveUp(), "cancel")),
  ];
}
