// One request at a time, in order; a newer question about a photo, or choice of what computes, replaces an older one that
// has not started.

/** @typedef {import('./protocol.d.ts').Message} Message */

export class Queue {
  /** @type {Message[]} */
  #waiting = [];
  /** The one that is being answered. @type {Message | undefined} */
  #running;
  /** Whether nobody waits for its answer any more. */
  #forgotten = false;
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
      this.#forgotten ||= this.#running?.id === message.id;
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

  /**
   * Lets messages in during a long answer, and says whether somebody still waits for it.
   *
   * @returns {Promise<boolean>}
   */
  async breathe() {
    await nextTask();
    return !this.#forgotten;
  }

  async #start() {
    if (this.#running) return;
    while (this.#waiting.length > 0) {
      this.#running = this.#waiting.shift();
      this.#forgotten = false;
      await this.#run(/** @type {Message} */ (this.#running));
      // Lets messages that arrived meanwhile in, so that what they make needless is dropped before it starts.
      await nextTask();
      this.#running = undefined;
    }
  }

  /** @param {(message: Message) => boolean} needless */
  #drop(needless) {
    this.#waiting.filter(needless).forEach(this.#dropped);
    this.#waiting = this.#waiting.filter((message) => !needless(message));
  }
}

/** Resolves when the browser has seen to what else there is to do. @returns {Promise<void>} */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}
