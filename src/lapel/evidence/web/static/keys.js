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

/** @param {Record<string, (event: KeyboardEvent) => void>} table @param {() => boolean} active */
export function onKeys(table, active) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event) || !active()) return;
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
