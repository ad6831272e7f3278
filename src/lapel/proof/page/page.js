// @ts-check
// The page: takes files, has them judged, and shows what is to be said.
import { Source, TooLargeError } from "./source.js";
import { why } from "./failures.js";
import { bytesOf, caseOf, sorted, stem } from "./given.js";
import { judge } from "./recording.js";
import { facts, grouped, looks, notSaid, sentence } from "./told.js";
import { nobody, readTrust } from "./trust.js";

/** @typedef {import("./given.js").Case} Case */
/** @typedef {import("./certs.js").Certificate} Certificate */
/** @typedef {import("./recording.js").Report} Report */

const SVG = "http://www.w3.org/2000/svg";
const trusted = nobody();
/** Certificates whose fingerprint somebody compared, by it. @type {Map<string, Certificate>} */
const compared = new Map();
/** Parts of a package that this page judges. */
const JUDGED = ["recording.mp4", "recording.closing", "recording.receipt", "revocations.pem", "clip"];
/** @type {Case[]} */
let cases = [];
let turn = 0;

/** @param {string} id @returns {HTMLElement} */
function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(id);
  return found;
}

/** @param {string} tag @param {string} classes @param {...(Node | string)} inside @returns {HTMLElement} */
function make(tag, classes, ...inside) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  made.append(...inside);
  return made;
}

/** @param {string} name @param {string} [tone] @returns {SVGElement} */
function icon(name, tone = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `ic ${tone}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** @param {string} words */
function say(words) {
  at("state").textContent = words;
}

/** @param {[string, string][]} rows @returns {HTMLElement} */
function list(rows) {
  return make("dl", "facts", ...rows.flatMap(([name, value]) => [make("dt", "", name), make("dd", "", value)]));
}

/** @param {Case} one @param {Report} report @returns {HTMLElement} */
function shown(one, report) {
  const { tone, icon: name, title } = looks(report);
  const head = make("header", "", icon(name), make("div", "", make("h2", "", title), make("p", "", sentence(report))));
  const reasons = report.reasons.map((reason, place) => {
    const mark = place ? "s-info" : tone === "good" ? "check" : name;
    return make("li", "", icon(mark, place ? "idle" : tone), make("span", "", reason));
  });
  const open = make("details", "", make("summary", "", "What this does not say"), make("p", "quiet", notSaid(report)));
  open.setAttribute("open", "");
  const body = make("div", "", make("p", "small quiet wrap", one.name), make("ul", "because", ...reasons), list(facts(report)), open);
  const rest = one.parts.filter((part) => !JUDGED.includes(part));
  if (rest.length) {
    body.append(make("p", "small quiet", `This page judged the recording, its closing entry, the journal's anchors and the receipt. Custody, and whether the other parts were changed, is judged by the command lapel verify only: ${rest.join(", ")}.`));
  }
  return make("section", `verdict ${tone}`, head, body);
}

/** @param {Case} one @param {string} reason @returns {HTMLElement} */
function failed(one, reason) {
  const head = make("header", "", icon("s-unknown"), make("div", "", make("h2", "", "NOT JUDGED"), make("p", "", reason)));
  return make("section", "verdict idle", head, make("div", "", make("p", "small quiet wrap", one.name)));
}

/** Certificates that packages bring: each is believed only once somebody says so. */
function askAnchors() {
  const known = new Map(cases.flatMap((one) => one.brought.authorities).map((one) => [grouped(one.fingerprint), one]));
  const rows = [...known].map(([fingerprint, certificate]) => {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = compared.has(fingerprint);
    box.addEventListener("change", () => {
      if (box.checked) compared.set(fingerprint, certificate);
      else compared.delete(fingerprint);
      void run();
    });
    const words = make("span", "", `${certificate.title}: I have compared its fingerprint `, make("code", "wrap", fingerprint));
    return make("label", "tick", box, words);
  });
  at("anchors").replaceChildren(...rows);
  at("brought").hidden = !rows.length;
}

/** @param {Case} one @returns {Promise<HTMLElement>} */
async function judged(one) {
  const trust = {
    ...trusted,
    authorities: [...trusted.authorities, ...compared.values()],
    revocations: [...trusted.revocations, ...one.brought.revocations],
  };
  let last = 0;
  const told = (/** @type {number} */ done) => {
    if (Date.now() - last < 500) return;
    last = Date.now();
    say(`Checking ${one.name}: ${Math.round(done * 100)} %`);
  };
  try {
    const report = await judge(new Source(one.media), trust, BigInt(Date.now()), one.beside, told);
    return shown(one, report);
  } catch (error) {
    if (!(error instanceof TooLargeError)) throw error;
    return failed(one, error.message);
  }
}

/** Whom a verdict rests on. @returns {string} */
function believed() {
  const name = (/** @type {Certificate} */ one) => `${one.title} (${grouped(one.fingerprint)})`;
  const [files, ticked] = [trusted.authorities.map(name), [...compared.values()].map(name)];
  if (!files.length && !ticked.length) return "Believed: nobody. No file of certificates was given, and no fingerprint compared.";
  const by = [["by files that you gave", files], ["because you compared the fingerprint", ticked]];
  return by.filter(([, names]) => names.length).map(([why, names]) => `Believed ${why}: ${names}.`).join(" ");
}

/** Judge all that was given; what was begun before and is not done is left. */
async function run() {
  turn += 1;
  const mine = turn;
  /** @type {HTMLElement[]} */
  const found = [];
  for (const one of cases) {
    found.push(await judged(one));
    if (mine !== turn) return;
  }
  at("results").replaceChildren(...found);
  at("print").hidden = !found.length;
  at("trusted").textContent = believed();
  say(found.length ? `${found.length} checked, on this machine alone.` : "Nothing to check yet.");
}

/** @param {File[]} files */
async function take(files) {
  const { main, beside, trust } = sorted(files);
  say("Reading what was given.");
  at("refused").replaceChildren();
  const refuse = (/** @type {File} */ file, /** @type {unknown} */ error) => {
    at("refused").append(make("li", "", `${file.name}: ${why(error)}`));
  };
  for (const file of trust) {
    try {
      await readTrust(await bytesOf(file), trusted);
    } catch (error) {
      refuse(file, error);
    }
  }
  if (main.length) cases = [];
  for (const file of main) {
    try {
      cases.push(await caseOf(file, main.length > 1 ? beside.filter((one) => stem(one) === stem(file)) : beside));
    } catch (error) {
      refuse(file, error);
    }
  }
  askAnchors();
  await run();
}

const input = /** @type {HTMLInputElement} */ (at("files"));
input.addEventListener("change", () => void take([...(input.files ?? [])]));
at("print").addEventListener("click", () => window.print());
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void take([...(event.dataTransfer?.files ?? [])]);
});
