// A browser's Bluetooth for tests: the same calls and errors as the real one. What is behind
// it answers through `lapelRadio`, a function that the test gives to the page.
(() => {
  const POLL_MS = 30;
  const hex = (data) => [...new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength)]
    .map((one) => one.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
  const ask = async (act, given = {}) => JSON.parse(await window.lapelRadio(JSON.stringify({ act, ...given })));
  const plain = (filters) => filters.map((one) => ({
    ...one,
    manufacturerData: one.manufacturerData?.map((data) => ({ ...data, dataPrefix: hex(data.dataPrefix) })),
  }));

  class Characteristic extends EventTarget {
    constructor(device) {
      super();
      this.device = device;
      this.value = null;
    }
    async startNotifications() { await this.device.subscribe(); return this; }
    async writeValueWithResponse(value) {
      if (!this.device.gatt.connected) throw new DOMException("GATT Server is disconnected.", "NetworkError");
      this.device.heard(await ask("write", { link: this.device.link, value: hex(value) }));
    }
  }

  class Device extends EventTarget {
    constructor(place) {
      super();
      this.place = place;
      this.link = null;
      this.gatt = {
        connected: false,
        connect: async () => {
          const { link } = await ask("connect", { place });
          if (link === null) throw new DOMException("Connection failed.", "NetworkError");
          this.link = link;
          this.gatt.connected = true;
          return this.gatt;
        },
        disconnect: () => { if (this.gatt.connected) { ask("drop", { link: this.link }); this.lose(); } },
        getPrimaryService: async () => ({ getCharacteristic: async (id) => this.characteristic(id) }),
      };
    }
    characteristic(id) {
      const made = new Characteristic(this);
      if (id.startsWith("bc01153e")) this.notes = made;
      return made;
    }
    async subscribe() {
      this.heard(await ask("subscribe", { link: this.link }));
      const poll = async () => {
        if (!this.gatt.connected) return;
        this.heard(await ask("poll", { link: this.link }));
        setTimeout(poll, POLL_MS);
      };
      setTimeout(poll, POLL_MS);
    }
    heard({ values, lost }) {
      for (const value of values) {
        this.notes.value = new DataView(unhex(value).buffer);
        this.notes.dispatchEvent(new Event("characteristicvaluechanged"));
      }
      if (lost) this.lose();
    }
    lose() {
      if (!this.gatt.connected) return;
      this.gatt.connected = false;
      this.dispatchEvent(new Event("gattserverdisconnected"));
    }
  }

  const bluetooth = {
    getAvailability: async () => (await ask("available")).available,
    requestDevice: async ({ filters }) => {
      if (!navigator.userActivation.isActive) throw new DOMException("Must be handling a user gesture.", "SecurityError");
      const { place } = await ask("choose", { filters: plain(filters) });
      if (place === null) throw new DOMException("User cancelled the requestDevice() chooser.", "NotFoundError");
      return new Device(place);
    },
  };
  Object.defineProperty(Navigator.prototype, "bluetooth", { configurable: true, get: () => bluetooth });
})();
