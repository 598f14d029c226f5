// What logits say of the classes. The engine sends logits alone, as every frame of a camera may have a thousand classes:
// names, probabilities and the order are made here, for those classes that somebody asks about.

/** @typedef {import('../gradcam.d.ts').ClassScore} ClassScore */

export class Scores {
  #logits;
  #labels;
  /** @type {(logit: number) => number} */
  #probability;
  /** @type {number[] | null} */
  #ranking = null;

  /**
   * @param {Float32Array} logits
   * @param {Pick<import('../gradcam.d.ts').Model, 'labels' | 'output'>} model that said so
   */
  constructor(logits, { labels, output }) {
    this.#logits = logits;
    this.#labels = labels;
    this.#probability = output === 'sigmoid' ? sigmoid : softmax(logits);
  }

  /** @param {number} index @returns {ClassScore} */
  of(index) {
    const logit = this.#logits[index];
    return { index, label: this.#labels[index], probability: this.#probability(logit), logit };
  }

  /**
   * The best classes, best first; classes with the same logit stay in their order.
   *
   * @param {number} [count] default: all
   */
  best(count = this.#logits.length) {
    this.#ranking ??= Array.from(this.#logits.keys()).sort((a, b) => this.#logits[b] - this.#logits[a]);
    return this.#ranking.slice(0, Math.max(count, 0)).map((index) => this.of(index));
  }
}

/** @param {number} logit */
function sigmoid(logit) {
  return 1 / (1 + Math.exp(-logit));
}

/** Relative to the largest logit, which keeps the powers finite. @param {Float32Array} logits */
function softmax(logits) {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const power = (/** @type {number} */ logit) => Math.exp(logit - largest);
  let total = 0;
  for (const logit of logits) total += power(logit);
  return (/** @type {number} */ logit) => power(logit) / total;
}
