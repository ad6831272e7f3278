// @ts-check
// Before a camera is paired: the agency's grant, and the way to a pairing; or what remains
// where the browser has no Bluetooth.
import { el, fill, icon } from "../dom.js";
import { agency, thumb, trouble } from "./parts.js";

/** @param {import("./parts.js").Context} context @returns {import("./parts.js").Screen} */
export function startScreen(context) {
  const { say, camera, go, ready, standing } = context;
  const top = el("div", { "class": "stack-s" });
  const middle = el("div", { "class": "stack" });
  const foot = el("div", { "class": "phone-foot" });
  const element = el("section", { "class": "phone", "aria-label": say("start.title") }, top, middle, foot);
  let [shownWay, shownRest] = ["", ""];
  const update = () => {
    const way = ready();
    const without = way === "no-bluetooth" || way === "not-secure";
    const { trouble: code } = camera.facts;
    const rest = JSON.stringify([way, code, standing().code, standing().given?.notAfterMs]);
    if (rest !== shownRest) fill(middle, code ? trouble(say, code) : null, without ? remains(say) : null, agency(context));
    shownRest = rest;
    if (way === shownWay) return; // what has the focus stays
    shownWay = way;
    fill(top,
      el("h1", { "class": "h2", tabindex: "-1" }, say(without ? "none.title" : "start.title")),
      el("p", { "class": "quiet" }, say(without ? `none.${way}` : "start.lead")));
    fill(foot, without ? null : thumb("btn-main", "near", say("start.pair"), () => go("pair"), "pair"), el("p", { "class": "small faint" }, say("foot.cannot")));
  };
  update();
  return { element, update };
}

/** @param {import("../words.js").Say} say */
function remains(say) {
  /** @param {string} shape @param {...import("../dom.js").Child} words */
  const line = (shape, ...words) => el("li", { "class": "row remains" }, icon(shape), el("span", { "class": "grow" }, ...words));
  return el("section", { "class": "panel", "data-remains": true, "aria-label": say("none.still") },
    el("h2", { "class": "h3" }, say("none.still")),
    el("ul", { "class": "stack-s" },
      line("phone", say("none.android")),
      line("keyboard", say("none.computer")),
      line("recordings", `${say("none.evidence")} `, el("a", { href: "/recordings" }, say("none.evidence.link")))));
}
