// @ts-check
// Single keys: they act only outside of fields, and can be read under "?".

/** @param {Event} event @returns {boolean} */
export function typing(event) {
  const target = event.target;
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches("input:not([type=checkbox]):not([type=range]), select, textarea"));
}

/** @param {string} id @param {string} opener */
export function dialogOn(id, opener) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement)) return () => {};
  const open = () => { if (!dialog.open) dialog.showModal(); };
  for (const button of document.querySelectorAll(opener)) {
    if (button instanceof HTMLElement) {
      button.hidden = false;
      button.addEventListener("click", open);
    }
  }
  return open;
}

/** Whether the browser itself acts on this key here. @param {KeyboardEvent} event @returns {boolean} */
function native(event) {
  const target = event.target;
  return (event.key === "Enter" || event.key === " ")
    && target instanceof HTMLElement && target.matches("a, button, summary, input:not([type=range])");
}

const OFF = "lapel-keys-off";

/** A box in the list of keys that turns them off in this browser. @returns {() => boolean} */
export function keysOn() {
  const box = document.querySelector("[data-keys-on]");
  if (box instanceof HTMLInputElement) {
    box.checked = localStorage.getItem(OFF) === null;
    box.addEventListener("change", () => {
      if (box.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1");
    });
  }
  return () => localStorage.getItem(OFF) === null;
}

/** @param {Record<string, (event: KeyboardEvent) => void>} table @param {() => boolean} active */
export function onKeys(table, active) {
  const on = keysOn();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event) || native(event) || !on() || !active()) return;
    if (document.querySelector("dialog[open]")) return;
    const act = table[event.key];
    if (act) {
      event.preventDefault();
      act(event);
    }
  });
}

export function findOnSlash() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || typing(event) || event.ctrlKey || event.metaKey) return;
    const field = [...document.querySelectorAll("#q, #f0")].find((one) => one instanceof HTMLElement && one.offsetParent !== null);
    if (field instanceof HTMLElement) {
      event.preventDefault();
      field.focus();
    }
  });
}
