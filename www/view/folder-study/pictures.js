// The small pictures that are on the screen: each has an address as long as it is there, and no longer.

export class Pictures {
  /** @type {Map<Blob, string>} */
  #addresses = new Map();
  /** Those on the screen since the last `sweep`. @type {Set<Blob>} */
  #used = new Set();

  /** @param {Blob} blob */
  addressOf(blob) {
    const address = this.#addresses.get(blob) ?? URL.createObjectURL(blob);
    this.#addresses.set(blob, address);
    this.#used.add(blob);
    return address;
  }

  /** Says that it is still there, if it was. @param {Blob} blob */
  keep(blob) {
    if (this.#addresses.has(blob)) this.#used.add(blob);
  }

  /** Lets go of all that is there no more. */
  sweep() {
    for (const [blob, address] of this.#addresses) {
      if (this.#used.has(blob)) continue;
      URL.revokeObjectURL(address);
      this.#addresses.delete(blob);
    }
    this.#used.clear();
  }
}
