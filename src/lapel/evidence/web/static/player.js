// @ts-check
// The player: seeks at once, by keys and by moments. Without this the browser's own plays.
import { dialogOn, findOnSlash, onKeys } from "./keys.js";
import { Source } from "./source.js";

const PICTURE_S = 1 / 30;
const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4];

const root = document.getElementById("player");
const video = root?.querySelector("video");
if (root && video) start(root, video);

/** @param {HTMLElement} root @param {HTMLVideoElement} video */
async function start(root, video) {
  const startMs = Number(root.dataset.start);
  const lengthS = Number(root.dataset.length) / 1000;
  const zone = root.dataset.zone ?? "UTC";
  const scrub = /** @type {HTMLInputElement} */ (root.querySelector(".scrub"));
  const clock = /** @type {HTMLElement} */ (root.querySelector("[data-clock]"));
  const controls = /** @type {HTMLElement} */ (root.querySelector(".controls"));
  const trouble = /** @type {HTMLElement} */ (root.querySelector("[data-trouble]"));
  const heads = [...root.querySelectorAll("line.head")];
  const moments = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".moments a[data-ms]")]);
  const times = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

  /** @param {number} seconds */
  const short = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
  const show = () => {
    const at = video.currentTime;
    const ms = startMs + Math.round(at * 1000);
    clock.firstChild && (clock.firstChild.textContent = `${times.format(ms)}.${String(ms % 1000).padStart(3, "0")} `);
    const small = clock.querySelector("span");
    if (small) small.textContent = `${short(at)} ${root.dataset.of} ${short(Math.round(lengthS))}`;
    scrub.value = String(at * 1000);
    scrub.setAttribute("aria-valuetext", times.format(ms));
    const x = `${Math.min(100, (100 * at) / Math.max(lengthS, 0.001)).toFixed(3)}%`;
    for (const head of heads) { head.setAttribute("x1", x); head.setAttribute("x2", x); }
    let current = null;
    for (const link of moments) if (Number(link.dataset.ms) <= at * 1000 + 1) current = link;
    for (const link of moments) {
      if (link === current) link.parentElement?.setAttribute("aria-current", "true");
      else link.parentElement?.removeAttribute("aria-current");
    }
  };
  /** @param {number} seconds */
  const seek = (seconds) => { video.currentTime = Math.max(0, Math.min(lengthS - 0.001, seconds)); show(); };
  const toggle = () => { if (video.paused) video.play().catch(() => {}); else video.pause(); };
  /** @param {number} by */
  const step = (by) => { video.pause(); seek(video.currentTime + by * PICTURE_S); };
  /** @param {number} by */
  const speed = (by) => {
    const place = SPEEDS.indexOf(video.playbackRate);
    const wanted = by === 0 ? SPEEDS[(place + 1) % SPEEDS.length] : SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, place + by))];
    video.playbackRate = wanted;
    const button = controls.querySelector("[data-do=speed]");
    if (button?.lastChild) button.lastChild.textContent = `${wanted}×`;
  };
  const sound = () => {
    video.muted = !video.muted;
    controls.querySelector("[data-do=sound]")?.setAttribute("aria-pressed", String(!video.muted));
  };
  const full = () => { if (document.fullscreenElement) document.exitFullscreen(); else root.querySelector(".player")?.requestFullscreen(); };
  /** @param {number} by */
  const moment = (by) => {
    const at = video.currentTime * 1000;
    const list = moments.map((link) => Number(link.dataset.ms));
    const found = by > 0 ? list.find((ms) => ms > at + 50) : [...list].reverse().find((ms) => ms < at - 500);
    if (found !== undefined) seek(found / 1000);
  };

  /** @type {Record<string, () => void>} */
  const acts = { "play": toggle, "back": () => seek(video.currentTime - 5), "on": () => seek(video.currentTime + 5), "step-back": () => step(-1), "step-on": () => step(1), "speed": () => speed(0), "sound": sound, "full": full };
  for (const button of controls.querySelectorAll("[data-do]")) {
    if (button instanceof HTMLElement) button.addEventListener("click", () => acts[button.dataset.do ?? ""]?.());
  }
  for (const link of moments) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      seek(Number(link.dataset.ms) / 1000);
      root.scrollIntoView({ block: "nearest" });
    });
  }
  scrub.disabled = false;
  scrub.addEventListener("input", () => seek(Number(scrub.value) / 1000));
  for (const name of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(name, show);
  const state = () => {
    for (const part of controls.querySelectorAll("[data-when]")) {
      if (part instanceof HTMLElement) part.hidden = (part.dataset.when === "playing") === video.paused;
    }
    const button = controls.querySelector("[data-do=play]");
    button?.setAttribute("aria-label", (video.paused ? root.dataset.play : root.dataset.pause) ?? "");
  };
  video.addEventListener("play", state);
  video.addEventListener("pause", state);
  video.addEventListener("click", toggle);
  video.addEventListener("lapel-trouble", () => {
    trouble.hidden = false;
    const words = trouble.querySelector("span");
    if (words) words.textContent = root.dataset.away ?? "";
    setTimeout(() => { trouble.hidden = true; video.dispatchEvent(new Event("timeupdate")); }, 4000);
  });

  const keys = dialogOn("keys", "[data-keys]");
  const jump = dialogOn("jump", "[data-none]");
  const dialog = document.getElementById("jump");
  dialog?.addEventListener("close", () => {
    const field = document.getElementById("jump-time");
    if (!(dialog instanceof HTMLDialogElement) || dialog.returnValue !== "go" || !(field instanceof HTMLInputElement)) return;
    const [h, m, s] = field.value.split(":").map(Number);
    const day = times.format(startMs).split(":").map(Number);
    let seconds = (h - day[0]) * 3600 + (m - day[1]) * 60 + ((s || 0) - day[2]);
    if (seconds < -43200) seconds += 86400;
    if (Number.isFinite(seconds)) seek(seconds);
  });
  findOnSlash();
  onKeys({
    " ": toggle, "k": toggle, "?": () => keys(), "t": () => jump(),
    "ArrowLeft": (event) => seek(video.currentTime - (event.shiftKey ? 1 : 5)),
    "ArrowRight": (event) => seek(video.currentTime + (event.shiftKey ? 1 : 5)),
    ",": () => step(-1), ".": () => step(1), "[": () => moment(-1), "]": () => moment(1),
    "-": () => speed(-1), "=": () => speed(1), "m": sound,
  }, () => root.contains(document.activeElement) || document.activeElement === document.body);
  for (const hint of document.querySelectorAll("[data-hints]")) if (hint instanceof HTMLElement) hint.hidden = false;
  for (const button of document.querySelectorAll("[data-print]")) {
    if (button instanceof HTMLElement) { button.hidden = false; button.addEventListener("click", () => window.print()); }
  }

  const answer = await fetch(root.dataset.index ?? "", { credentials: "same-origin" }).catch(() => null);
  const index = answer?.ok ? await answer.json() : null;
  const url = root.dataset.video ?? "";
  let opened = false;
  if (index) {
    try {
      opened = await new Source(video, url, index).open();
    } catch {
      opened = false;
    }
  }
  if (!opened) video.src = url;
  video.controls = false;
  controls.hidden = false;
  root.dataset.ready = opened ? "source" : "native";
  show();
  const wanted = /^#t=([0-9.]+)$/.exec(location.hash);
  if (wanted) seek(Number(wanted[1]));
}
