// @ts-check
// Elements, made by name; no text is ever read as HTML.

/** @typedef {Node | string | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>} Given attributes, and functions by the name of their event */

const SVG = "http://www.w3.org/2000/svg";

/** @template {Element} T @param {T} element @param {Given} given @param {Child[]} children @returns {T} */
function filled(element, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child instanceof Node || (typeof child === "string" && child !== "")).map((child) => /** @type {Node | string} */ (child)));
  return element;
}

/** @template {keyof HTMLElementTagNameMap} K @param {K} name @param {Given} [given] @param {...Child} children */
export function el(name, given = {}, ...children) {
  return filled(document.createElement(name), given, children);
}

/** @param {string} name @param {Given} [given] @param {...Child} children */
export function svg(name, given = {}, ...children) {
  return filled(document.createElementNS(SVG, name), given, children);
}

/** A drawing that says nothing by itself. @param {string} name @param {string} [more] */
export function icon(name, more = "") {
  return svg("svg", { "class": `ic ${more}`.trim(), "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** A state: shape, colour and word. @param {string} tone @param {string} shape @param {string} word */
export function badge(tone, shape, word) {
  return el("span", { "class": `st ${tone}` }, icon(shape), word);
}

/** Put these in place of all that is there; who had the focus has it again. @param {Element} place @param {...Child} children */
export function fill(place, ...children) {
  const had = place.contains(document.activeElement) ? document.activeElement : null;
  place.replaceChildren();
  filled(place, {}, children);
  const twin = had && [...place.querySelectorAll("a, button, input")].find((one) => alike(one, had));
  if (twin instanceof HTMLElement) twin.focus({ preventScroll: true });
}

/** Whether two are the same control, by what they do. @param {Element} one @param {Element} other */
function alike(one, other) {
  const marks = ["data-do", "data-recording", "name", "value"];
  return one.localName === other.localName && marks.some((mark) => other.hasAttribute(mark))
    && marks.every((mark) => one.getAttribute(mark) === other.getAttribute(mark));
}

/** Set a text only when it differs, so that nothing is read out twice. @param {Element} place @param {string} words */
export function write(place, words) {
  if (place.textContent !== words) place.textContent = words;
}

/** Bring the drawings of Evidence into this page. @param {string} address */
export async function bringIcons(address) {
  const source = await (await fetch(address)).text();
  const read = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  const sprite = svg("svg", { "class": "sprite", width: 0, height: 0, "aria-hidden": "true" });
  sprite.append(...[...read.children].map((child) => document.importNode(child, true)));
  document.body.prepend(sprite);
}
