// @ts-check
// The page: takes files, has them judged, and shows what is to be said.
import { judgeCustody } from "./custody.js";
import { Source, TooLargeError } from "./source.js";
import { why } from "./failures.js";
import { bytesOf, caseOf, sorted, stem } from "./given.js";
import { judge } from "./recording.js";
import { actSaid, facts, grouped, leftOpen, looks, notSaid, packageLooks, sentence } from "./told.js";
import { nobody, readTrust } from "./trust.js";

/** @typedef {import("./given.js").Case} Case */
/** @typedef {import("./certs.js").Certificate} Certificate */
/** @typedef {import("./recording.js").Report} Report */

const SVG = "http://www.w3.org/2000/svg";
const trusted = nobody();
/** Certificates whose fingerprint somebody compared, by it. @type {Map<string, Certificate>} */
const compared = new Map();
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
  return make("section", `verdict ${tone}`, head, body);
}

/** @param {import("./custody.js").Custody} custody @returns {HTMLElement} */
function custodyShown(custody) {
  const { tone, icon: name, title } = packageLooks(custody);
  const head = make("header", "", icon(name), make("div", "", make("h2", "", title)));
  const said = [...custody.wrong.map((text) => ["s-bad", "bad", text]), ...custody.notes.map((text) => ["s-info", "idle", text])];
  const reasons = said.map(([mark, shade, text]) => make("li", "", icon(mark, shade), make("span", "", text)));
  const acts = custody.acts.map((act) => {
    const [first, second] = actSaid(act);
    return make("li", "", icon("log"), make("div", "", make("p", "act", make("b", "", first)), make("p", "small quiet wrap", second)));
  });
  const end = make("p", "small quiet", leftOpen(custody));
  return make("section", `verdict ${tone}`, head, make("div", "", ...(reasons.length ? [make("ul", "because", ...reasons)] : []), make("ol", "custody", ...acts), end));
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
    const verdict = shown(one, report);
    if (!one.parcel || !report.chain) return verdict;
    const sealed = one.parcel.sealed ? await new Source(one.parcel.sealed).sha256(told) : null;
    const custody = await judgeCustody(one.parcel.small, sealed, report.chain.genesis.recording, trusted.logs);
    return make("div", "stack", verdict, custodyShown(custody));
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
