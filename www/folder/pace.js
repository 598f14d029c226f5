// How fast a run is, by its newest answers: photos differ in size, and other programs come and go.

/** Answers that are looked back on. */
const WINDOW = 64;

/** From so many on the rate is told. */
const ENOUGH = 8;

export class Pace {
  #steps;
  /** Milliseconds. @type {number[]} */
  #times = [];

  /** @param {number} steps that make up one photo */
  constructor(steps) {
    this.#steps = steps;
  }

  /** Begins anew, after a pause. */
  begin() {
    this.#times = [];
  }

  step() {
    this.#times.push(performance.now());
    if (this.#times.length > WINDOW) this.#times.shift();
  }

  /** Photos a second; null where that cannot be told yet. */
  get rate() {
    const count = this.#times.length - 1;
    if (count < ENOUGH) return null;
    const elapsed = this.#times[count] - this.#times[0];
    return elapsed > 0 ? (1000 * count) / elapsed / this.#steps : null;
  }
}
