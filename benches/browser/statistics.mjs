// What is told of many measurements of one thing.

export class Samples {
  #sorted;

  /** @param {number[]} values */
  constructor(values) {
    this.#sorted = values.toSorted((a, b) => a - b);
  }

  get count() {
    return this.#sorted.length;
  }

  get minimum() {
    return this.#sorted[0];
  }

  get median() {
    return this.#quantile(0.5);
  }

  /** The quarter that a half of all values lies between. @returns {[number, number]} */
  get middleHalf() {
    return [this.#quantile(0.25), this.#quantile(0.75)];
  }

  /** @param {number} share */
  #quantile(share) {
    const position = share * (this.#sorted.length - 1);
    const [below, above] = [Math.floor(position), Math.ceil(position)];
    return this.#sorted[below] + (this.#sorted[above] - this.#sorted[below]) * (position - below);
  }

  toString() {
    const [low, high] = this.middleHalf;
    const [median, minimum, from, to] = [this.median, this.minimum, low, high].map((value) =>
      value.toFixed(1),
    );
    return `median ${median} ms, minimum ${minimum}, middle half ${from}–${to}, of ${this.count}`;
  }
}
