// @ts-check
// A page that lost its server says so, holds forms back, and goes on when it is there again.

const CALM_MS = 15_000;
const AWAY_MS = 2_000;
const PATIENCE_MS = 5_000;

const place = document.querySelector("[data-live]");
if (place instanceof HTMLElement) watch(place);

/** @param {HTMLElement} place */
function watch(place) {
  let away = false;
  let touched = false;
  let timer = 0;

  /** @param {string | undefined} words @param {string} tone */
  const say = (words, tone) => {
    place.textContent = words ?? "";
    place.className = words ? `note ${tone} live` : "live";
  };
  const there = async () => {
    try {
      const answer = await fetch("/alive", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      return answer.status < 500;
    } catch {
      return false;
    }
  };
  const look = async () => {
    clearTimeout(timer);
    const found = document.visibilityState === "hidden" || await there();
    if (!found && !away) say(place.dataset.gone, "warn");
    if (found && away) {
      if (place.dataset.again !== undefined && !touched) location.reload();
      say(place.dataset.back, "good");
      setTimeout(() => { if (!away) say("", ""); }, 6_000);
    }
    away = !found;
    clearTimeout(timer);
    timer = setTimeout(look, away ? AWAY_MS : CALM_MS);
  };
  document.addEventListener("input", () => { touched = true; });
  document.addEventListener("submit", (event) => {
    if (!away) return;
    event.preventDefault();
    say(place.dataset.held, "warn");
  });
  for (const name of ["online", "offline"]) window.addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("lapel-trouble", look);
  timer = setTimeout(look, CALM_MS);
}
