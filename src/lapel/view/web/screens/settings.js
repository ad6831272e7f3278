// @ts-check
// What the wearer may change, the colours of this phone, and the end of the pairing.
import { Permitted } from "../link/control.js";
import { el, fill, icon, write } from "../dom.js";
import { agency, heading, thumb } from "./parts.js";

/** @typedef {import("./parts.js").Context} Context */
/** @typedef {import("../link/control.js").WearerSettings} WearerSettings */

const THEMES = ["night", "dark", "light"];
const SWITCHES = /** @type {const} */ (["vibration", "lights", "stealth"]);
const ALLOWED = { volume: Permitted.VOLUME, vibration: Permitted.VIBRATION, lights: Permitted.LIGHTS, stealth: Permitted.STEALTH };

/** @param {Context} context @returns {import("./parts.js").Screen} */
export function settingsScreen(context) {
  const { say, camera } = context;
  const [own, said, pairing] = [el("div", { "class": "stack" }), el("p", { "class": "quiet", role: "status" }), el("div", {})];
  const element = el("section", { "class": "phone", "aria-label": say("set.title") },
    heading(context, say("set.title")),
    el("section", { "class": "panel", "aria-label": say("set.camera") }, el("h2", { "class": "h3" }, say("set.camera")), own, said),
    colours(context),
    agency(context),
    pairing,
    el("p", {}, el("a", { href: "/recordings" }, say("set.evidence"))));
  let shown = "";
  const update = () => {
    const { settings, link, paired, holder, how } = camera.facts;
    const now = JSON.stringify([settings, link === "open", paired, holder, how, camera.facts.drafts.size]);
    if (now === shown) return;
    shown = now;
    fill(own, ...(settings && link === "open" ? wearer(context, settings, said) : [el("p", { "class": "quiet" }, say("set.away"))]));
    fill(pairing, paired ? paired_(context) : null);
  };
  update();
  return { element, update };
}

/** @param {Context} context @param {WearerSettings} settings @param {HTMLElement} said */
function wearer({ say, camera }, settings, said) {
  /** @param {Partial<import("../link/control.js").SettingsChange>} change */
  const change = async (change) => {
    const done = await camera.change(change);
    write(said, say(done ? "set.done" : "set.failed"));
  };
  /** @param {number} which */
  const may = (which) => settings.permitted.includes(which);
  const fixed = [may(ALLOWED.volume) ? "" : say("set.volume"), ...SWITCHES.map((name) => (may(ALLOWED[name]) ? "" : say(`set.${name}`)))].filter(Boolean);
  const steps = [0, 1, 2, 3].map((step) => el("label", {},
    el("input", { type: "radio", name: "volume", value: step, checked: settings.volume === step, disabled: !may(ALLOWED.volume), change: () => change({ volume: step }) }),
    el("span", {}, say(`set.volume.${step}`))));
  return [
    el("fieldset", { "class": "ask" }, el("legend", {}, say("set.volume")), el("div", { "class": "chips chips-thumb" }, ...steps)),
    el("div", {}, ...SWITCHES.map((name) => el("label", { "class": "tick tick-tall" },
      el("input", { type: "checkbox", name, checked: settings[name], disabled: !may(ALLOWED[name]), change: () => change({ [name]: !settings[name] }) }),
      el("span", {}, say(`set.${name}`))))),
    fixed.length ? el("p", { "class": "small quiet" }, say("set.fixed", { names: fixed.join(", ") })) : null,
  ];
}

/** @param {Context} context */
function colours({ say, theme, setTheme }) {
  const choices = THEMES.map((name) => el("label", {},
    el("input", { type: "radio", name: "theme", value: name, checked: theme() === name, change: () => setTheme(name) }),
    el("span", {}, say(`set.theme.${name}`))));
  return el("section", { "class": "panel", "aria-label": say("set.phone") },
    el("h2", { "class": "h3" }, say("set.phone")),
    el("fieldset", { "class": "ask" }, el("legend", {}, say("set.theme")), el("div", { "class": "chips chips-thumb" }, ...choices)));
}

/** @param {Context} context */
function paired_(context) {
  const { say, camera } = context;
  const { holder, how, drafts } = camera.facts;
  const fault = el("p", { "class": "fault", role: "alert" });
  const dialog = el("dialog", { "class": "dialog", "aria-labelledby": "unpair-title" });
  const typed = drafts.size;
  const end = async () => {
    if (await camera.unpair()) dialog.close();
    else write(fault, say("set.unpair.failed"));
  };
  const forget = async () => {
    await camera.forget();
    dialog.close();
  };
  dialog.append(
    el("h2", { id: "unpair-title" }, say("set.unpair.title")),
    el("p", {}, say("set.unpair.why")),
    ...(typed ? [el("p", { "class": "strong" }, say("set.unpair.typed", { count: typed }))] : []),
    fault,
    thumb("", "left", say("cancel"), () => dialog.close(), "keep"),
    thumb("btn-grave", "close", say("set.unpair.do"), end, "unpair-both"),
    el("p", { "class": "small quiet" }, say("set.forget.why")),
    thumb("btn-grave", "phone", say("set.forget"), forget, "forget"));
  return el("section", { "class": "panel", "aria-label": say("set.paired") },
    el("dl", { "class": "facts" },
      el("dt", {}, say("set.camera-name")), el("dd", { "class": "mono" }, holder ?? say("set.unnamed")),
      el("dt", {}, say("set.how")), el("dd", {}, how ? say(`set.how.${how}`) : "")),
    el("button", { type: "button", "class": "btn btn-grave btn-tall", "data-do": "unpair", click: () => dialog.showModal() }, icon("close"), say("set.unpair")),
    dialog);
}
