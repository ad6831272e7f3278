// @ts-check
// Which boxes may follow each other in a part, box by box as they come.
import { BrokenError } from "./failures.js";

const FRAGMENTS_MOST = 16;
/** @type {Record<string, string[]>} */
const AFTER = {
  "": ["ftyp", "emsg", "moof", "uuid"],
  ftyp: ["moov"],
  moov: ["uuid"],
  emsg: ["emsg", "moof"],
  moof: ["mdat"],
  mdat: ["emsg", "moof", "uuid"],
};

/** A kind as Python would print it. @param {string} kind */
function printed(kind) {
  const shown = [...kind].map((one) => {
    const code = one.charCodeAt(0);
    const short = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" }[one];
    return short ?? (code < 32 || code > 126 ? `\\x${code.toString(16).padStart(2, "0")}` : one);
  }).join("");
  if (!kind.includes("'")) return `'${shown}'`;
  return kind.includes('"') ? `'${shown.replace(/'/g, "\\'")}'` : `"${shown}"`;
}

/** Where in a part a reader stands. */
export class Order {
  before = "";
  fragments = 0;

  /** Whether a box of this kind may come next. @param {string} kind */
  allows(kind) {
    const known = Object.hasOwn(AFTER, this.before) && AFTER[this.before].includes(kind);
    return known && this.fragments + (kind === "moof" ? 1 : 0) <= FRAGMENTS_MOST;
  }

  /** Go on to a box; throws `BrokenError` out of its place. @param {string} kind */
  take(kind) {
    if (!this.allows(kind)) {
      const many = this.before in AFTER && AFTER[this.before].includes(kind);
      throw new BrokenError(many ? "a unit of more than 16 fragments" : `a box of kind ${printed(kind)} out of its place`);
    }
    this.fragments += kind === "moof" ? 1 : 0;
    this.before = kind;
  }
}
