// Holds every engine's answers against PyTorch's: what disagrees is not worth timing.

import { INPUT_SIDE } from './network.js';
import { print } from './terminal.mjs';

/** @typedef {import('./files.mjs').Reference} Reference */
/** @typedef {import('./rows.mjs').Subject} Subject */

// Rounding moves shallow maps and gradients, through the ReLUs' masks, far more than deep ones.
const LOGITS = 1e-3;
const DEEP_MAP = 2e-3;
const SHALLOW_MAP = 5e-2;
const GRADIENT = 8e-2;

/** `‖found − expected‖ / ‖expected‖`. @param {Float32Array} found @param {Float32Array} expected */
function relativeL2(found, expected) {
  let difference = 0;
  let norm = 0;
  expected.forEach((value, index) => {
    difference += (found[index] - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

/** @param {Float32Array} found @param {Float32Array} expected */
function largestDifference(found, expected) {
  return expected.reduce((largest, value, index) => Math.max(largest, Math.abs(found[index] - value)), 0);
}

/** Channels last to channels first. @param {Float32Array} values */
function planes(values) {
  const area = INPUT_SIDE * INPUT_SIDE;
  return values.map((_, index) => values[(index % area) * 3 + Math.floor(index / area)]);
}

export class Agreement {
  #reference;
  /** @type {Map<string, Float32Array>} */
  #gradients = new Map();

  /** @param {Reference} reference */
  constructor(reference) {
    this.#reference = reference;
  }

  /** @param {string} worker @param {Float32Array} logits */
  checkLogits(worker, logits) {
    hold(`${worker}, logits, largest difference`, largestDifference(logits, this.#reference.logits), LOGITS);
  }

  /** @param {Subject} subject @param {Float32Array} answer */
  check({ worker, script, task, options }, answer) {
    const { layer } = /** @type {{ layer?: string }} */ (options ?? {});
    const name = `${worker}, ${task}${layer ? ` at ${layer}` : ''}`;
    switch (task) {
      case 'map': {
        const bound = layer === 'layer4.1' ? DEEP_MAP : SHALLOW_MAP;
        return hold(name, relativeL2(answer, this.#reference.map(String(layer))), bound);
      }
      case 'layerMaps': {
        const last = this.#reference.map('layer4.1');
        return hold(`${name}, the last of them`, relativeL2(answer.slice(-last.length), last), DEEP_MAP);
      }
      case 'inputGradient': {
        const gradient = script === 'worker-tensorflow.js' ? planes(answer) : answer;
        hold(name, relativeL2(gradient, this.#reference.inputGradient), GRADIENT);
        for (const [other, values] of this.#gradients)
          hold(`${name}, against ${other}`, relativeL2(gradient, values), GRADIENT);
        this.#gradients.set(worker, gradient);
      }
    }
  }
}

/** @param {string} what @param {number} error @param {number} bound */
function hold(what, error, bound) {
  print(`  ${what}: ${error.toExponential(1)} of at most ${bound}`);
  // Not `error > bound`: NaN must fail.
  if (!(error <= bound))
    throw new Error(`The answers disagree: ${what} is off by ${error}, more than ${bound}.`);
}
