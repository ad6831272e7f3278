// `node app.mjs MODULES`: the app's end of links, driven by lines of JSON on standard input.
// Each line names an act; the answer is one line: its outputs, and the state that follows.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`).href);
const { hex, unhex, join, octets, unbase64url } = await load("bytes.js");
const { p256, freshPair, pairOf } = await load("noise.js");
const { AppLink, ROWS } = await load("app.js");
const { ANSWER, ARGUMENTS, LISTED, REQUEST, RESULTS, WEARER_SETTINGS } = await load("control.js");
const { decode, encode } = await load("cbor.js");
const { GRANT } = await load("grant.js");
const { token } = await load("derived.js");
const { added, proved } = await load("records.js");

const links = new Map();
const records = new Map();

async function staticPair(secret) {
  const head = "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420";
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("pkcs8", unhex(head + secret), algorithm, true, ["deriveBits"]);
  const { x, y } = await crypto.subtle.exportKey("jwk", key);
  return p256(key, join(octets(4), unbase64url(x), unbase64url(y)));
}

function plain(output) {
  switch (output.kind) {
    case "send": return { ...output, values: output.values.map(hex) };
    case "keep": case "opened": case "proved": {
      const { record } = output;
      records.set(hex(record.h), record);
      const secrets = [record.psk, record.wifi, record.disc];
      return { kind: output.kind, record: {
        ...record, peer: hex(record.peer), h: hex(record.h), psk: null, wifi: null, disc: null,
        readable: secrets.some((key) => key.extractable) } };
    }
    case "answered": return { ...output, result: output.result && written(output.result) };
    case "noticed": return { kind: "noticed", state: hex(RESULTS.get(1).encode(output.state)) };
    default: return output;
  }
}

function written(result) {
  for (const form of RESULTS.values()) {
    if (form.fields.every(({ name }) => name in result)) return hex(form.encode(result));
  }
  throw new Error("a result of no kind");
}

async function open(given) {
  const identity = {
    static: await staticPair(given.secret),
    grant: unhex(given.grant),
    trust: {
      roles: given.roles, grantKey: given.grantKey && unhex(given.grantKey), tenant: given.tenant,
      holders: given.holders && new Set(given.holders),
    },
    entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
    fresh: async () => pairOf(await freshPair()),
  };
  const record = given.record === null ? null : records.get(given.record);
  if (record === undefined) throw new Error("no such record");
  links.set(given.link, new AppLink(identity, { record, demands: given.demands, compare: given.compare }));
  return [];
}

const marked = (names) => names.map((name) => ({ h: unhex(name) }));
const names = (list) => list.map((one) => hex(one.h));

const FORMS = {
  Answer: ANSWER, Annotation: ARGUMENTS.get(5), Grant: GRANT, Listed: LISTED, Recordings: RESULTS.get(4),
  RecordingsBefore: ARGUMENTS.get(4), Request: REQUEST, SettingsChange: ARGUMENTS.get(3), State: RESULTS.get(1),
  WearerSettings: WEARER_SETTINGS,
};

function read(act) {
  try {
    return act();
  } catch (error) {
    if (error.code === "malformed") return null;
    throw error;
  }
}

const ACTS = {
  open,
  table: async () => [ROWS],
  start: (link, { now }) => link.start(now),
  value: (link, { value, now }) => link.value(unhex(value), now),
  same: (link, { now }) => link.same(now),
  kept: (link, { now }) => link.kept(now),
  tick: (link, { now }) => link.tick(now),
  end: (link, { why }) => link.end(why),
  ask: (link, { verb, arguments: given }) => link.ask(verb, ARGUMENTS.get(verb).decode(unhex(given))).outputs,
  token: async ({ record, slot }) => [hex(await token(records.get(record).disc, slot))],
  cbor: async ({ data }) => [read(() => hex(encode(decode(unhex(data)))))],
  document: async ({ form, data }) => [read(() => hex(FORMS[form].encode(FORMS[form].decode(unhex(data)))))],
  added: async ({ before, record }) => [names(added(marked(before), marked([record])[0]))],
  proved: async ({ now, record, held }) => [names(proved(marked(now), marked([record])[0], marked(held)))],
};

for await (const line of createInterface({ input: process.stdin })) {
  const given = JSON.parse(line);
  const link = links.get(given.link);
  try {
    const alone = given.link === undefined || given.act === "open";
    const outputs = await ACTS[given.act](...(alone ? [given] : [link, given]));
    console.log(JSON.stringify({
      outputs: outputs.map((one) => (one?.kind ? plain(one) : one)),
      state: (link ?? links.get(given.link))?.state ?? null,
      due: link?.nextDeadline() ?? null,
    }));
  } catch (error) {
    console.log(JSON.stringify({ error: error.code ?? null, reason: error.reason ?? null, words: String(error.stack) }));
  }
}
