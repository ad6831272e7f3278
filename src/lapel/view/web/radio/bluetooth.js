// @ts-check
// The phone's radio: Web Bluetooth behind the few acts that View needs. It knows no keys
// and reads no message. A page in a test may bring another radio with the same acts.
import { COMPANY, NAME, NOTIFY, SERVICE, WRITE } from "../link/wire.js";

/** @typedef {import("../link/bytes.js").Bytes} Bytes */
/** A connection, subscribed. Who has it sets both ears. @typedef {{ write: (value: Bytes) => Promise<void>, close: () => void, onvalue: (value: Bytes) => void, onlost: () => void }} Line */
/** A camera that the user chose; it can be connected to until its address changes. @typedef {{ connect: () => Promise<Line> }} Place */
/** Which cameras to offer: those in pairing mode, or those that show one of these beginnings of a token. @typedef {{ pairing: true } | { tokens: Bytes[] }} Sought */
/** @typedef {{ ready: () => Promise<string>, choose: (sought: Sought) => Promise<Place> }} Radio */

/** What the browser's API has, as far as it is used here. */
/** @typedef {EventTarget & { value: DataView | null, startNotifications: () => Promise<unknown>, writeValueWithResponse: (value: Bytes) => Promise<void> }} Characteristic */
/** @typedef {{ getCharacteristic: (id: string) => Promise<Characteristic> }} Service */
/** @typedef {{ connected: boolean, connect: () => Promise<unknown>, disconnect: () => void, getPrimaryService: (id: string) => Promise<Service> }} Server */
/** @typedef {EventTarget & { gatt: Server }} Device */
/** @typedef {{ getAvailability?: () => Promise<boolean>, requestDevice: (options: object) => Promise<Device> }} Bluetooth */

const PATIENCE_MS = 10_000;

/** Why the radio could not; `code` has its words in the catalogue. */
export class RadioError extends Error {
  /** @param {string} code @param {unknown} [cause] */
  constructor(code, cause) {
    super(code, { cause });
    this.code = code;
  }
}

/** What the browser's names of errors mean here; anything else is a loss of the link. */
const MEANINGS = new Map([["NotFoundError", "none-chosen"], ["SecurityError", "not-allowed"], ["NotAllowedError", "not-allowed"]]);

/** @param {unknown} error @param {string} [otherwise] */
function meant(error, otherwise = "out-of-range") {
  if (error instanceof RadioError) return error;
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  return new RadioError(MEANINGS.get(name) ?? otherwise, error);
}

/** What to ask the browser's list for: at most the cameras that are sought. @param {Sought} sought */
export function filters(sought) {
  if ("pairing" in sought) return [{ services: [SERVICE], namePrefix: NAME }];
  return sought.tokens.map((dataPrefix) => ({
    services: [SERVICE],
    manufacturerData: [{ companyIdentifier: COMPANY, dataPrefix }],
  }));
}

/** Web Bluetooth of this browser. @param {Navigator} navigator @returns {Radio} */
export function webBluetooth(navigator) {
  const { bluetooth } = /** @type {{ bluetooth?: Bluetooth }} */ (navigator);
  return {
    /** Whether it can be used: "ready", or the code of what is in the way. */
    ready: async () => {
      if (!isSecureContext) return "not-secure";
      if (!bluetooth) return "no-bluetooth";
      const there = await bluetooth.getAvailability?.().catch(() => true);
      return there === false ? "bluetooth-off" : "ready";
    },
    choose: async (sought) => {
      if (!bluetooth) throw new RadioError("no-bluetooth");
      try {
        return placeOf(await bluetooth.requestDevice({ filters: filters(sought) }));
      } catch (error) {
        throw meant(error);
      }
    },
  };
}

/** @param {Device} device @returns {Place} */
function placeOf(device) {
  return {
    connect: async () => {
      /** @type {Line} */
      const line = { write: async () => {}, close: () => device.gatt.disconnect(), onvalue: () => {}, onlost: () => {} };
      const lost = () => line.onlost();
      try {
        await inTime(opened(device, line));
        if (!device.gatt.connected) throw new RadioError("out-of-range");
        device.addEventListener("gattserverdisconnected", lost, { once: true });
        return line;
      } catch (error) {
        device.gatt.disconnect();
        throw meant(error);
      }
    },
  };
}

/** @param {Device} device @param {Line} line */
async function opened(device, line) {
  await device.gatt.connect();
  const service = await device.gatt.getPrimaryService(SERVICE);
  const [writes, notes] = [await service.getCharacteristic(WRITE), await service.getCharacteristic(NOTIFY)];
  notes.addEventListener("characteristicvaluechanged", () => {
    const { value } = notes;
    if (value) line.onvalue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice());
  });
  await notes.startNotifications();
  line.write = (value) => writes.writeValueWithResponse(value);
}

/** @template T @param {Promise<T>} work @returns {Promise<T>} */
function inTime(work) {
  /** @type {Promise<never>} */
  const late = new Promise((_, refuse) => { setTimeout(() => refuse(new RadioError("out-of-range")), PATIENCE_MS); });
  return Promise.race([work, late]);
}
