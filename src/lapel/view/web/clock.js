// @ts-check
// Times as people read them: in the agency's zone, 24 hours.

/** @typedef {import("./words.js").Say} Say */

/** @param {string | null} zone an IANA name; null: the phone's own */
export function local(zone) {
  const how = { timeZone: zone ?? undefined, hourCycle: /** @type {const} */ ("h23") };
  const hour = new Intl.DateTimeFormat("en-GB", { ...how, hour: "2-digit", minute: "2-digit" });
  const second = new Intl.DateTimeFormat("en-GB", { ...how, hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: zone ?? undefined, day: "numeric", month: "short", year: "numeric" });
  return {
    /** @param {number} ms */
    minute: (ms) => hour.format(ms),
    /** @param {number} ms */
    second: (ms) => second.format(ms),
    /** @param {number} ms */
    day: (ms) => day.format(ms),
  };
}

/** @typedef {ReturnType<typeof local>} Local */

/** How long, in words. @param {Say} say @param {number} ms */
export function length(say, ms) {
  const whole = Math.floor(ms / 1000);
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h) return say("length.h-min", { h, min });
  if (whole >= 600 || (min && !s)) return say("length.min", { min });
  return min ? say("length.min-s", { min, s }) : say("length.s", { s });
}

/** How long, as a clock that runs. @param {number} ms */
export function running(ms) {
  const whole = Math.floor(ms / 1000);
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = String(s).padStart(2, "0");
  return h ? `${h}:${String(min).padStart(2, "0")}:${two}` : `${min}:${two}`;
}
