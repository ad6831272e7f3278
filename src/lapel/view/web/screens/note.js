// @ts-check
// Describing one recording with one thumb. What is typed is kept at once, and sent when the
// user says so; the place of the phone is asked for only by a press.
import { draftOf, named } from "../phone/asks.js";
import { isLine } from "../link/document.js";
import { PHONE } from "../link/control.js";
import { utf8 } from "../link/bytes.js";
import { el, fill, icon, write } from "../dom.js";
import { heading, thumb } from "./parts.js";
import { entry } from "./state.js";

/** @typedef {import("./parts.js").Context} Context */
/** @typedef {import("../phone/store.js").Draft} Draft */

const LINE_MOST = 256;

/** @param {Context} context @param {string} name @returns {import("./parts.js").Screen} */
export function noteScreen(context, name) {
  const { say, camera, go } = context;
  const find = () => {
    const listed = named(camera.facts.recordings, name);
    return camera.facts.drafts.get(name) ?? (listed && draftOf(listed));
  };
  const known = find();
  if (!known) {
    const gone = el("section", { "class": "phone" }, heading(context, say("note.gone")));
    return { element: gone, update: () => {}, stale: () => find() !== null };
  }
  let draft = known;
  const [drop, fault, chips, place, foot] = [el("div", {}), el("p", { "class": "fault", role: "alert" }), el("div", { "class": "chips chips-thumb" }), el("div", { "class": "stack-s" }), el("div", { "class": "phone-foot foot-stays" })];

  /** @param {Partial<Draft>} change */
  const typed = (change) => {
    draft = { ...draft, waiting: false, refused: null, ...change };
    write(fault, "");
    camera.keepDraft(draft);
  };
  const save = async () => {
    const why = wrong(draft);
    write(fault, why ? say(why) : "");
    if (why) return;
    await camera.send(draft);
    const kept = camera.facts.drafts.get(name);
    if (kept?.refused) {
      draft = kept;
      write(fault, say(refusal(kept.refused)));
      return;
    }
    context.announce(say(kept ? "note.waits" : "note.saved"));
    go("");
  };
  if (draft.refused) write(fault, say(refusal(draft.refused)));
  const element = form(context, draft, typed, { chips, place, fault, drop, foot });
  const throwAway = async () => {
    await camera.dropDraft(name);
    go("");
  };
  let categories = "";
  let linked = "";
  const update = () => {
    const { link } = camera.facts;
    const all = [...new Set([...camera.facts.categories, ...(draft.category ? [draft.category] : [])])];
    if (categories !== all.join("\n") || !chips.childElementCount) {
      categories = all.join("\n");
      fill(chips, ...(all.length ? all.map((one) => chip(one, draft, typed)) : [el("p", { "class": "quiet" }, say("note.category.none"))]));
    }
    const typedOn = camera.facts.drafts.has(name);
    if (typedOn !== (drop.childElementCount > 0)) {
      fill(drop, typedOn ? el("button", { type: "button", "class": "btn btn-bare btn-tall", "data-do": "drop", click: throwAway }, icon("close"), say("note.drop")) : null);
    }
    if (linked === link) return;
    linked = link;
    fill(foot,
      thumb("btn-main", "check", say(link === "open" ? "note.save" : "note.save.apart"), save, "save"),
      thumb("", "clock", say("note.later"), () => go(""), "later"));
  };
  where(context, place, () => draft, typed);
  update();
  return { element, update };
}

/**
 * The form around its parts.
 * @param {Context} context @param {Draft} draft @param {(change: Partial<Draft>) => void} typed
 * @param {Record<"chips" | "place" | "fault" | "drop" | "foot", HTMLElement>} parts
 */
function form(context, draft, typed, { chips, place, fault, drop, foot }) {
  const { say, local, clock } = context;
  const today = local().day(clock.now().utcMs) === local().day(draft.startMs);
  const words = entry(context, draft, draft.recording);
  return el("section", { "class": "phone", "aria-label": say("act.describe") },
    heading(context, today && draft.clock ? say("note.title", { day: say("note.today"), entry: words }) : words),
    el("p", { "class": "quiet" }, say("note.lead")),
    el("fieldset", { "class": "ask" }, el("legend", {}, say("note.category")), chips),
    el("div", { "class": "ask" }, el("label", { "for": "ident" }, say("note.ident")),
      field("ident", draft.ident, (ident) => typed({ ident })), el("span", { "class": "hint" }, say("note.ident.hint"))),
    el("div", { "class": "ask" }, el("label", { "for": "heading" }, say("note.heading")),
      field("heading", draft.title, (title) => typed({ title }))),
    el("div", { "class": "ask", role: "group", "aria-label": say("note.where") }, place),
    fault,
    el("p", { "class": "small faint" }, say("note.kept")),
    drop,
    foot);
}

/** @param {string} id @param {string} value @param {(value: string) => void} typed */
function field(id, value, typed) {
  return el("input", { "class": "field field-big", id, autocomplete: "off", value, maxlength: LINE_MOST, input: (event) => typed(valueOf(event)) });
}

/** @param {Event} event */
function valueOf(event) {
  return event.target instanceof HTMLInputElement ? event.target.value : "";
}

/** Key of the words on what is wrong with it; empty when it will do. @param {Draft} draft */
function wrong(draft) {
  const lines = [draft.title, draft.ident].filter((one) => one !== "");
  if (!lines.length && !draft.category && !draft.position) return "note.nothing";
  if (lines.some((one) => utf8(one).length > LINE_MOST)) return "note.long";
  return lines.every(isLine) ? "" : "note.signs";
}

/** @param {string} reason */
function refusal(reason) {
  return ["category", "not-found", "arguments"].includes(reason) ? `refused.${reason}` : "refused.other";
}

/** @param {string} name @param {Draft} draft @param {(change: Partial<Draft>) => void} typed */
function chip(name, draft, typed) {
  return el("label", {},
    el("input", { type: "radio", name: "category", value: name, checked: draft.category === name, change: () => typed({ category: name }) }),
    el("span", {}, name));
}

/** @param {Context} context @param {HTMLElement} place @param {() => Draft} draft @param {(change: Partial<Draft>) => void} typed */
function where(context, place, draft, typed) {
  const { say, locate, announce } = context;
  /** @param {string} key */
  const say_ = (key) => { write(hint, say(key)); };
  const hint = el("span", { "class": "hint" }, say("note.where.hint"));
  const show = () => {
    const { position } = draft();
    if (!position) {
      fill(place, el("button", { type: "button", "class": "btn btn-tall", "data-do": "locate", click: ask }, icon("pin"), say("note.where.add")), hint);
      return;
    }
    const metres = position.accuracyM;
    const has = metres === null ? say("note.where.about") : say("note.where.has", { metres });
    fill(place,
      el("p", { "class": "st good", "data-position": true }, icon("pin"), has),
      el("button", { type: "button", "class": "btn btn-tall", "data-do": "unlocate", click: () => { typed({ position: null }); show(); } }, icon("close"), say("note.where.drop")));
  };
  const ask = async () => {
    say_("note.where.asking");
    try {
      const { coords } = await locate();
      const accuracyM = Number.isFinite(coords.accuracy) ? Math.min(100_000, Math.round(coords.accuracy)) : null;
      const latitude = Math.round((coords.latitude + 90) * 1e7);
      const longitude = Math.round((coords.longitude + 180) * 1e7);
      typed({ position: { latitude, longitude, source: PHONE, accuracyM } });
      show();
      announce(say("note.where.about"));
    } catch (error) {
      say_(error instanceof GeolocationPositionError && error.code === 1 ? "note.where.denied" : "note.where.failed");
    }
  };
  show();
}
