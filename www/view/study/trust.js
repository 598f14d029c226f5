// "Can it be trusted?": two tests of the map on the screen, each on demand.

import { element, write } from '../element.js';
import { isSlow, mapWords } from '../methods.js';
import { createFaithfulness } from './faithfulness.js';
import { createScramble } from './scramble.js';
import { studied } from './subject.js';

/** @typedef {import('../state.js').State} State */

/** @param {State} state */
function introduction(state) {
  if (state.live) return 'While you watch live there is no one map to test.';
  const subject = studied(state);
  if (!subject || !state.model) return 'Once a photo is explained, its map can be put to the test here.';
  const { method, layer } = subject.result.explanation.map;
  const slow = isSlow(subject.result.model, method, layer)
    ? ' Every map of this method takes many passes, so the tests take long.'
    : '';
  return `Two tests of the map above: ${mapWords(subject.result)}.${slow}`;
}

/**
 * @param {Parameters<typeof createFaithfulness>[0]} actions
 * @returns {(state: State) => void}
 */
export function createTrust(actions) {
  const line = element('trust-line', HTMLElement);
  const tests = [createFaithfulness(actions), createScramble(actions)];
  return (state) => {
    if (state.tab === 'trust') write(line, introduction(state));
    tests.forEach((render) => render(state));
  };
}
