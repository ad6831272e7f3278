// @ts-check
// Passkeys: the browser asks its user, and the form takes the answer to the server.
// Until this runs, a form says in words that it needs script.

const able =
  "PublicKeyCredential" in window &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function";

/**
 * Ask the browser for what the server asks for.
 * @param {HTMLFormElement} form
 * @returns {Promise<string>}
 */
async function answer(form) {
  const asked = await fetch(form.dataset.passkey ?? "", { credentials: "same-origin" });
  if (!asked.ok) throw new Error(`the server says ${asked.status}`);
  const told = await asked.json();
  const given =
    "passkeyMakes" in form.dataset
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(told),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(told),
        });
  if (!(given instanceof PublicKeyCredential)) throw new Error("no passkey");
  return JSON.stringify(given.toJSON());
}

/**
 * Show or hide parts of a form.
 * @param {HTMLFormElement} form
 * @param {string} which
 * @param {boolean} on
 */
function show(form, which, on) {
  for (const one of form.querySelectorAll(`[data-passkey-${which}]`)) {
    if (one instanceof HTMLElement) one.hidden = !on;
  }
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const field = form.querySelector("[data-passkey-answer]");
  if (!able || !(form instanceof HTMLFormElement)) continue;
  if (!(field instanceof HTMLInputElement) || "passkeyNumber" in form.dataset) continue;
  show(form, "on", true);
  show(form, "off", false);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show(form, "fault", false);
    try {
      field.value = await answer(form);
    } catch {
      show(form, "fault", true);
      return;
    }
    form.submit();
  });
}
