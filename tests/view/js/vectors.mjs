// Every golden vector of the link, against the modules that the page ships: in Node.js and,
// the same file, in a browser. `load` imports a module by name. Left are those that only a camera reads.

const PKCS8 = {
  p256: "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420",
  x25519: "302e020100300506032b656e04220420",
};

export async function check(vectors, load) {
  const names = ["bytes", "cbor", "cose", "wire", "noise", "derived", "grant"];
  const loaded = await Promise.all(names.map((name) => load(`${name}.js`)));
  const lib = Object.fromEntries(names.map((name, at) => [name, loaded[at]]));
  const [held, left, failed] = [[], [], []];
  for (const [name, judge] of Object.entries(judges(lib))) {
    for (const one of vectors[name].cases) {
      const title = `${name}: ${one.name}`;
      try {
        (await judge(one) ? held : left).push(title);
      } catch (error) {
        failed.push(`${title}: ${error.stack ?? error}`);
      }
    }
  }
  return { held, left, failed };
}

function equal(found, wanted, what = "value") {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${what}: ${one}, instead of ${other}`);
  return true;
}

async function refused(act, what = "it") {
  try {
    await act();
  } catch (error) {
    if (["malformed", "handshake", "refused", "link"].includes(error.code)) return true;
    throw error;
  }
  throw new Error(`${what} was taken`);
}

function judges(lib) {
  const { hex, unhex } = lib.bytes;
  return {
    hello: (one) => hello(lib, one),
    fragments: (one) => fragments(lib, one),
    cbor_cose: (one) => cborCose(lib, one),
    noise: (one) => noise(lib, one),
    "noise-public": (one) => publicNoise(lib, one),
    sas: async ({ in: given, out }) => {
      const [h, na, nb] = ["h", "na", "nb"].map((name) => unhex(given[name]));
      equal(hex(await lib.derived.commitment(h, nb)), out.cb, "commitment");
      equal(await lib.derived.opens(h, unhex(out.cb), nb), true);
      equal(await lib.derived.opens(h, unhex(out.cb), na), false);
      return equal(await lib.derived.code(h, na, nb), { digits: out.code, flashes: out.flashes });
    },
    frames: (one) => frames(lib, one),
    grant: (one) => grant(lib, one),
    wifi: async ({ in: given, out }) =>
      equal(await lib.derived.access(unhex(given.wifi), unhex(given.n)), out),
  };
}

async function hello({ wire, bytes, derived }, { in: given, out }) {
  if (given.disc) {
    const token = await derived.token(await derived.hmacKey(bytes.unhex(given.disc)), wire.slotOf(given.unix * 1000));
    equal(bytes.hex(token), out.token, "token");
    return equal(out.advert.endsWith(bytes.hex(token.slice(0, wire.TOKEN_SHOWN))), true, "advert");
  }
  if (out.refused && given.app) return false; // the camera reads those
  if (out.refused) return refused(() => wire.readCameraHello(bytes.unhex(given.camera)));
  const app = wire.appHello(given.mode, bytes.unhex(given.app_caps), given.ver_max);
  equal(bytes.hex(app), out.app, "app's hello");
  const read = wire.readCameraHello(bytes.unhex(out.camera));
  equal([bytes.hex(read.token), read.pairing, read.mtu, bytes.hex(read.caps)],
    [given.token, given.pairing, given.mtu, given.camera_caps]);
  return equal(bytes.hex(wire.prologue(app, bytes.unhex(out.camera))), out.prologue);
}

async function fragments({ wire, bytes }, { in: given, out }) {
  if (out.refused) {
    const joiner = new wire.Joiner(given.mtu);
    return refused(() => {
      for (const value of given.values) joiner.take(bytes.unhex(value));
    });
  }
  const message = given.zeros ? new Uint8Array(given.zeros) : bytes.unhex(given.message);
  const values = wire.split(message, given.mtu);
  if (out.values) equal(values.map(bytes.hex), out.values);
  if (out.count) equal(values.length, out.count);
  const joiner = new wire.Joiner(given.mtu);
  const joined = values.map((value) => joiner.take(value));
  equal(joined.slice(0, -1).every((one) => one === null), true);
  return equal(bytes.hex(joined.at(-1)), bytes.hex(message));
}

function valueOf(bytes, plain) {
  if (Array.isArray(plain)) return plain.map((one) => valueOf(bytes, one));
  if (plain === null || typeof plain !== "object") return plain;
  return new Map(Object.entries(plain).map(([key, one]) => [Number(key), valueOf(bytes, one)]));
}

async function cborCose({ cbor, cose, bytes }, { name, in: given, out }) {
  if (given.json !== undefined) {
    const written = cbor.encode(valueOf(bytes, given.json));
    equal(bytes.hex(written), out.cbor);
    return equal(bytes.hex(cbor.encode(cbor.decode(written))), out.cbor);
  }
  if (given.cbor !== undefined) return refused(() => cbor.decode(bytes.unhex(given.cbor)));
  const kind = given.external_aad.split("/")[1];
  if (out.refused) {
    return refused(() => cose.check(kind, bytes.unhex(given.cose_sign1), bytes.unhex(given.public)));
  }
  if (given.x5chain.length) return false; // certificates: no document of the link has any
  if (!out.cose_sign1) throw new Error(`${name}: nothing to check`);
  const payload = await cose.check(kind, bytes.unhex(out.cose_sign1), bytes.unhex(out.public));
  return equal(out.to_be_signed.endsWith(bytes.hex(payload)), true, "payload");
}

async function readable(lib, kind, secret) {
  const algorithm = kind === "p256" ? { name: "ECDH", namedCurve: "P-256" } : { name: "X25519" };
  const whole = lib.bytes.unhex(PKCS8[kind] + secret);
  const key = await crypto.subtle.importKey("pkcs8", whole, algorithm, true, ["deriveBits"]);
  const shown = await crypto.subtle.exportKey("jwk", key);
  const [x, y] = [shown.x, shown.y ?? ""].map(lib.bytes.unbase64url);
  if (kind === "p256") return lib.noise.p256(key, lib.bytes.join(lib.bytes.octets(4), x, y));
  const agree = async (peer) => {
    const other = await crypto.subtle.importKey("raw", peer, algorithm, true, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: other }, key, 256));
  };
  return { point: x, agree };
}

export async function laid(lib, { in: given }) {
  const { unhex } = lib.bytes;
  const statics = await Promise.all(["app", "camera"].map((side) => readable(lib, "p256", given[`${side}_static`])));
  const own = await Promise.all(["app", "camera"].map((side) => readable(lib, "p256", given[`${side}_ephemeral`])));
  const psk = given.psk ? await lib.noise.material(unhex(given.psk)) : null;
  const prologue = lib.wire.prologue(unhex(given.app_hello), unhex(given.camera_hello));
  const pattern = psk ? lib.noise.SESSION : lib.noise.PAIRING;
  const sides = await Promise.all([0, 1].map((at) => lib.noise.Handshake.start(pattern, {
    known: { static: statics[at], peer: psk ? statics[1 - at].point : null, psk },
    ephemeral: own[at], prologue, initiator: at === 0,
  })));
  return { sides, payloads: [1, 2, 3].map((at) => unhex(given[`payload${at}`] ?? "")) };
}

async function noise(lib, one) {
  const { hex } = lib.bytes;
  const { sides, payloads } = await laid(lib, one);
  for (const [at, message] of one.out.messages.entries()) {
    const written = await sides[at % 2].write(payloads[at]);
    equal(hex(written), message, `message ${at + 1}`);
    equal(hex(await sides[1 - (at % 2)].read(written)), hex(payloads[at]));
  }
  for (const side of sides) {
    const keys = await side.split();
    equal(hex(keys.hash), one.out.h, "h");
    equal(hex(keys.chaining), one.out.ck, "ck");
    equal(hex(keys.fromInitiator), one.out.key_app_to_camera);
    equal(hex(keys.fromResponder), one.out.key_camera_to_app);
    if (!one.out.psk) continue;
    for (const name of ["psk", "wifi", "disc"]) equal(hex(await lib.derived.derive(keys, name)), one.out[name], name);
  }
  return flipped(lib, one);
}

// One bit in every byte of every message: the reader refuses it, or its answer is refused.
async function flipped(lib, one) {
  for (const number of one.out.messages.keys()) {
    const size = one.out.messages[number].length / 2;
    for (let at = 0; at < size; at += 1) {
      const { sides, payloads } = await laid(lib, one);
      for (let before = 0; before < number; before += 1) {
        await sides[1 - (before % 2)].read(await sides[before % 2].write(payloads[before]));
      }
      const message = await sides[number % 2].write(payloads[number]);
      message[at] ^= 1 << (at % 8);
      await refused(async () => {
        await sides[1 - (number % 2)].read(message);
        await sides[number % 2].read(await sides[1 - (number % 2)].write());
      }, `message ${number + 1}, byte ${at}`);
      equal(sides.every((side) => side.done), false);
    }
  }
  return true;
}

async function publicNoise(lib, { name, in: given, out }) {
  const { hex, unhex } = lib.bytes;
  const known = name.startsWith("Noise_KK");
  const messages = known ? lib.noise.KKPSK2 : lib.noise.XX;
  const pairs = (what) => Promise.all(["init", "resp"].map((side) => readable(lib, "x25519", given[`${side}_${what}`])));
  const [statics, own] = [await pairs("static"), await pairs("ephemeral")];
  const psk = known ? await lib.noise.material(unhex(given.init_psks.join(""))) : null;
  const sides = await Promise.all([0, 1].map((at) => lib.noise.Handshake.start({ name, known, psk: known, messages }, {
    known: { static: statics[at], peer: known ? statics[1 - at].point : null, psk },
    ephemeral: own[at], prologue: unhex(given.init_prologue), initiator: at === 0,
  })));
  for (const [at, { payload, ciphertext }] of out.messages.slice(0, messages.length).entries()) {
    const written = await sides[at % 2].write(unhex(payload));
    equal(hex(written), ciphertext, `message ${at + 1}`);
    equal(hex(await sides[1 - (at % 2)].read(written)), payload);
  }
  const keys = await sides[0].split();
  equal(hex(keys.hash), out.handshake_hash, "hash");
  const ciphers = [await lib.noise.Cipher.of(keys.fromInitiator), await lib.noise.Cipher.of(keys.fromResponder)];
  for (let at = messages.length; at < out.messages.length; at += 1) {
    const { payload, ciphertext } = out.messages[at];
    equal(hex(await ciphers[at % 2].encrypt(unhex(payload), new Uint8Array())), ciphertext);
  }
  return true;
}

async function frames({ derived, noise, bytes }, { in: given, out }) {
  const [sending, receiving] = await Promise.all([0, 1].map(() => noise.Cipher.of(bytes.unhex(given.key), given.counter ?? 0)));
  const sender = new derived.Sending(sending);
  const receiver = new derived.Receiving(receiving);
  if (given.messages) {
    const made = [];
    for (const [type, plain] of given.messages) {
      const frame = await sender.frame(type, bytes.unhex(plain));
      made.push(bytes.hex(frame));
      const opened = await receiver.open(frame);
      equal([opened.type, bytes.hex(opened.plain)], [type, plain]);
    }
    return equal(made, out.frames);
  }
  if (given.counter !== undefined) {
    const frame = await sender.frame(given.type, bytes.unhex(given.plain));
    equal(bytes.hex(frame), out.frame);
    await refused(() => sender.frame(given.type, bytes.unhex(given.plain)));
    return equal((await receiver.open(frame)).type, given.type);
  }
  const results = [];
  for (const frame of given.frames) {
    try {
      results.push((await receiver.open(bytes.unhex(frame))).type);
    } catch (error) {
      if (error.code !== "handshake") throw error;
      results.push("drop");
    }
  }
  return equal(results, out.results);
}

async function grant({ grant: grants, bytes }, { in: given, out }) {
  const trust = { roles: given.roles, grantKey: bytes.unhex(given.grant_key), tenant: given.tenant, holders: null };
  const judge = () => grants.checkGrant(bytes.unhex(given.grant), bytes.unhex(given.static), trust, given.now);
  if (out.refused) return refused(judge);
  const read = await judge();
  return equal(
    { role: read.role, ident: read.holder, user: read.user, not_after: read.notAfterMs, tenant: read.tenant }, out.ok);
}
