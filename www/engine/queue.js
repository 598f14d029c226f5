// One request at a time, in order; a newer question about a photo, or choice of what computes, replaces an older one that
// has not started.

/** @typedef {import('./protocol.d.ts').Message} Message */

export class Queue {
  /** @type {Message[]} */
  #waiting = [];
  #running = false;
  #run;
  #dropped;

  /**
   * @param {(message: Message) => Promise<void>} run Never rejects.
   * @param {(message: Message) => void} dropped Told of every request that will not run.
   */
  constructor(run, dropped) {
    this.#run = run;
    this.#dropped = dropped;
  }

  /** @param {Message} message */
  add(message) {
    if (message.kind === 'forget') {
      this.#drop((waiting) => waiting.id === message.id);
      return;
    }
    if (message.kind === 'explain') {
      const { token } = message.photo;
      this.#drop((waiting) => waiting.kind === 'explain' && waiting.photo.token === token);
    }
    if (message.kind === 'choose-engine') this.#drop((waiting) => waiting.kind === 'choose-engine');
    this.#waiting.push(message);
    void this.#start();
  }

  async #start() {
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      await this.#run(next);
      // Lets messages that arrived meanwhile in, so that what they make needless is dropped before it starts.
      await new Promise((resolve) => setTimeout(resolve));
    }
    this.#running = false;
  }

  /** @param {(message: Message) => boolean} needless */
  #drop(needless) {
    this.#waiting.filter(needless).forEach(this.#dropped);
    this.#waiting = this.#waiting.filter((message) => !needless(message));
  }
}
