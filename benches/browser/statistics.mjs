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

  /**
   * What the median of endlessly many lies between, in 19 of 20 cases, by how many of these lie on either side of it. Fewer
   * than six cannot tell: all of them lie in it.
   * @returns {[number, number]}
   */
  get confidence() {
    const { count } = this;
    const below = Math.max(0, Math.floor((count - 1.96 * Math.sqrt(count)) / 2));
    return [this.#sorted[below], this.#sorted[count - 1 - below]];
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

/** What one is of another, pair by pair. @param {number[]} ones @param {number[]} others */
export function ratios(ones, others) {
  return new Samples(ones.map((one, index) => one / others[index]));
}
