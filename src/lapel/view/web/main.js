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

async function start() {
  const say = speaker(ENGLISH);
  document.title = say("title");
  await bringIcons("../static/icons.svg");
  const store = await openStore(indexedDB);
  const own = await ownOf(store, () => crypto.randomUUID());
  const radio = webBluetooth(navigator);
  /** @type {Standing} */
  let standing = { code: "offline", around: null, given: await store.get("given") ?? null };
  let ready = await radio.ready();
  let theme = await store.get("theme") ?? "night";
  const camera = new Camera({ store, radio, clock, identity: async () => identityOf(own, await store.get("given") ?? null) });
  await camera.load();

  const [main, status] = [byId("main"), el("span", { id: "link", "class": "row-end small quiet" })];
  const announce = voice(byId("voice"));
  const setTheme = (/** @type {string} */ name) => {
    theme = name;
    document.documentElement.dataset.theme = name;
    store.put("theme", name);
  };
  document.documentElement.dataset.theme = theme;
  /** @type {Context} */
  const context = {
    say, camera, store, clock, announce, setTheme,
    theme: () => theme,
    ready: () => ready,
    standing: () => standing,
    local: () => local(standing.given?.zone ?? null),
    go: (where) => { location.hash = where; },
    locate: () => new Promise((give, refuse) => { navigator.geolocation.getCurrentPosition(give, refuse, GEO); }),
  };

  /** @type {Screen | null} */
  let screen = null;
  let shown = "";
  const wanted = () => {
    const hash = location.hash.slice(1);
    if (hash === "settings" || hash === "pair") return hash;
    if (hash.startsWith("note/")) return hash;
    return camera.facts.paired ? "state" : "start";
  };
  /** @param {string} name @returns {Screen} */
  const made = (name) => {
    if (name === "settings") return settingsScreen(context);
    if (name === "pair") return pairScreen(context);
    if (name === "state") return stateScreen(context);
    return name === "start" ? startScreen(context) : noteScreen(context, name.slice("note/".length));
  };
  let said = "";
  const update = () => {
    const { link, trouble } = camera.facts;
    write(status, camera.facts.paired ? say(`link.${link}`) : "");
    const tells = trouble ? `${say(`trouble.${trouble}`)}. ${say(`trouble.${trouble}.do`)}` : camera.facts.paired ? say(`link.${link}`) : "";
    if (tells !== said) announce(tells);
    said = tells;
    if (wanted() === shown && !screen?.stale?.()) {
      screen?.update();
      return;
    }
    screen?.leave?.();
    const first = shown === "";
    shown = wanted();
    screen = made(shown);
    fill(main, screen.element);
    if (!first) main.querySelector("h1")?.focus();
    window.scrollTo(0, 0);
  };
  fill(byId("head"),
    el("a", { "class": "brand", href: "#" }, mark(), say("brand")), status,
    el("a", { "class": "btn btn-icon btn-bare hit-big", href: "#settings", "aria-label": say("more") }, icon("sliders")));
  write(byId("skip"), say("skip"));
  camera.addEventListener("change", update);
  window.addEventListener("hashchange", update);
  update();

  const again = async () => {
    standing = await renew(store, own);
    ready = await radio.ready();
    screen?.update();
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
