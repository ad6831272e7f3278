// @ts-check
// View's page put together: time, radio and storage are made here and given to the rest.
import { local } from "./clock.js";
import { bringIcons, el, fill, icon, write } from "./dom.js";
import { Camera } from "./phone/camera.js";
import { identityOf, ownOf, renew } from "./phone/evidence.js";
import { openStore } from "./phone/store.js";
import { webBluetooth } from "./radio/bluetooth.js";
import { noteScreen } from "./screens/note.js";
import { pairScreen } from "./screens/pair.js";
import { settingsScreen } from "./screens/settings.js";
import { startScreen } from "./screens/start.js";
import { stateScreen } from "./screens/state.js";
import { ENGLISH, speaker } from "./words.js";

/** @typedef {import("./screens/parts.js").Context} Context */
/** @typedef {import("./screens/parts.js").Screen} Screen */
/** @typedef {import("./phone/evidence.js").Standing} Standing */

const CLOCK_QUALITY = 1; // a phone's clock: it runs by itself
const CALM_MS = 5_000;
const GEO = { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 };

/** @type {import("./phone/talk.js").Clock} */
const clock = {
  now: () => ({ monoMs: Math.round(performance.now()), utcMs: Date.now(), clock: CLOCK_QUALITY }),
  later: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** @param {string} id */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}

/** One polite voice: at most one sentence in five seconds, the newest. @param {HTMLElement} place */
function voice(place) {
  let last = -CALM_MS;
  let waits = "";
  return (/** @type {string} */ words) => {
    const since = performance.now() - last;
    if (since >= CALM_MS && !waits) {
      last = performance.now();
      write(place, words);
      return;
    }
    if (!waits) setTimeout(() => { last = performance.now(); write(place, waits); waits = ""; }, CALM_MS - since);
    waits = words;
  };
}

/** Which screen an address stands for. @param {string} hash @param {boolean} paired */
function wanted(hash, paired) {
  if (hash === "settings" || hash === "pair" || hash.startsWith("note/")) return hash;
  return paired ? "state" : "start";
}

/** @param {Context} context @param {string} name @returns {Screen} */
function made(context, name) {
  switch (name) {
    case "settings": return settingsScreen(context);
    case "pair": return pairScreen(context);
    case "state": return stateScreen(context);
    case "start": return startScreen(context);
    default: return noteScreen(context, name.slice("note/".length));
  }
}

/** Shows the screen that the address and the camera call for; gives what brings it up to date. @param {Context} context */
function stage(context) {
  const { camera } = context;
  const main = byId("main");
  /** @type {Screen | null} */
  let screen = null;
  let shown = "";
  return () => {
    const name = wanted(location.hash.slice(1), camera.facts.paired);
    if (name === shown && !screen?.stale?.()) {
      screen?.update();
      return;
    }
    screen?.leave?.();
    const first = shown === "";
    shown = name;
    screen = made(context, name);
    fill(main, screen.element);
    if (!first) main.querySelector("h1")?.focus();
    window.scrollTo(0, 0);
  };
}

/** Tells how the link is: in the head, and to who listens. @param {Context} context @param {HTMLElement} place */
function teller({ say, camera, announce }, place) {
  let said = "";
  return () => {
    const { link, trouble, paired } = camera.facts;
    const how = paired ? say(`link.${link}`) : "";
    write(place, how);
    const tells = trouble ? `${say(`trouble.${trouble}`)}. ${say(`trouble.${trouble}.do`)}` : how;
    if (tells !== said) announce(tells);
    said = tells;
  };
}

/** The colours of this phone, kept. @param {import("./phone/store.js").Store} store @param {string} first */
function colours(store, first) {
  let theme = first;
  document.documentElement.dataset.theme = theme;
  return {
    theme: () => theme,
    setTheme: (/** @type {string} */ name) => {
      theme = document.documentElement.dataset.theme = name;
      store.put("theme", name);
    },
  };
}

/** @param {import("./words.js").Say} say @param {HTMLElement} status */
function head(say, status) {
  document.title = say("title");
  write(byId("skip"), say("skip"));
  fill(byId("head"),
    el("a", { "class": "brand", href: "#" }, mark(), say("brand")), status,
    el("a", { "class": "btn btn-icon btn-bare hit-big", href: "#settings", "aria-label": say("more") }, icon("sliders")));
}

async function start() {
  const say = speaker(ENGLISH);
  await bringIcons("../static/icons.svg");
  const store = await openStore(indexedDB);
  const own = await ownOf(store, () => crypto.randomUUID());
  const radio = webBluetooth(navigator);
  const camera = new Camera({ store, radio, clock, identity: async () => identityOf(own, await store.get("given") ?? null) });
  await camera.load();
  /** @type {Standing} */
  let standing = { code: "asking", around: null, given: await store.get("given") ?? null };
  let ready = await radio.ready();

  /** @type {Context} */
  const context = {
    say, camera, store, clock,
    ...colours(store, await store.get("theme") ?? "night"),
    announce: voice(byId("voice")),
    ready: () => ready,
    standing: () => standing,
    local: () => local(standing.given?.zone ?? null),
    go: (where) => { location.hash = where; },
    locate: () => new Promise((give, refuse) => { navigator.geolocation.getCurrentPosition(give, refuse, GEO); }),
  };
  const status = el("span", { id: "link", "class": "row-end small quiet" });
  head(say, status);
  const [show, tell] = [stage(context), teller(context, status)];
  camera.addEventListener("change", () => { tell(); show(); });
  window.addEventListener("hashchange", show);
  tell();
  show();

  const again = async () => {
    standing = await renew(store, own);
    ready = await radio.ready();
    show();
  };
  window.addEventListener("online", again);
  if (ready === "ready") navigator.storage?.persist?.(); // what is typed outlives a full disk
  await again();
}

function mark() {
  const made = icon("none");
  made.setAttribute("class", "");
  made.querySelector("use")?.setAttribute("href", "#logo");
  return made;
}

navigator.serviceWorker?.register("sw.js", { updateViaCache: "none" }).catch(() => {});
start().catch((error) => {
  const say = speaker(ENGLISH);
  fill(byId("main"), el("section", { "class": "phone" }, el("h1", { "class": "h2" }, say("broken.title")), el("p", {}, say("broken.do"))));
  throw error;
});
