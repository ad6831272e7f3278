// @ts-check
// The box that turns single keys off, where it is not beside a list of keys.
import { keysOn } from "./keys.js";

keysOn();
for (const row of document.querySelectorAll("[data-keys-row]")) {
  if (row instanceof HTMLElement) row.hidden = false;
}
