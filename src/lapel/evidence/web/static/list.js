// @ts-check
// The list by keys, and filing by choosing. Without this the list works by its buttons.
import { dialogOn, findOnSlash, onKeys } from "./keys.js";

const rows = [...document.querySelectorAll("[data-row]")];
let here = -1;
let last = -1;

/** @param {number} index */
function go(index) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.max(0, Math.min(rows.length - 1, index));
  rows[here].classList.add("here");
  const link = rows[here].querySelector("a");
  link?.focus({ preventScroll: true });
  rows[here].scrollIntoView({ block: "nearest" });
}

/** @param {number} index @returns {HTMLInputElement | null} */
function pick(index) {
  const found = rows[index]?.querySelector(".pick");
  return found instanceof HTMLInputElement ? found : null;
}

const keys = dialogOn("keys", "[data-keys]");
findOnSlash();
onKeys({
  "?": () => keys(),
  "j": () => go(here + 1),
  "k": () => go(here - 1),
  "Enter": () => { const link = rows[here]?.querySelector("a"); if (link) link.click(); },
  "x": () => {
    const box = pick(here);
    if (box) { box.checked = !box.checked; last = here; }
  },
  "X": () => {
    const from = last < 0 ? here : last;
    for (let i = Math.min(from, here); i <= Math.max(from, here); i += 1) {
      const box = pick(i);
      if (box) box.checked = true;
    }
    last = here;
  },
  "c": () => { const field = document.getElementById("bulk"); if (field) field.focus(); },
  "Escape": () => { for (let i = 0; i < rows.length; i += 1) { const box = pick(i); if (box) box.checked = false; } },
}, () => document.activeElement === document.body || Boolean(document.getElementById("main")?.contains(document.activeElement)));

document.addEventListener("focusin", (event) => {
  const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
  if (row && rows[here] !== row) {
    rows[here]?.classList.remove("here");
    here = rows.indexOf(row);
  }
});

for (const choice of document.querySelectorAll("[data-file]")) {
  choice.addEventListener("change", () => {
    const button = choice.parentElement?.querySelector("button");
    if (choice instanceof HTMLSelectElement && choice.value && button instanceof HTMLButtonElement) button.click();
  });
}
