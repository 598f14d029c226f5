// "What am I looking at?": leads on to the formula and the paper of the method in use, which stand with all others.

import { element, write } from './element.js';
import { methodName } from './method-words.js';

/** @typedef {import('./state.js').State} State */

/**
 * @param {() => void} openMethods opens the part of the study that has the formulas
 * @returns {(state: State) => void}
 */
export function createExplainer(openMethods) {
  const button = element('explainer-formula', HTMLButtonElement);
  /** @type {State['settings']['method']} */
  let method = 'grad-cam';

  button.addEventListener('click', () => {
    openMethods();
    // Views draw a microtask after the state changed: until then the formula is hidden, or not made yet.
    queueMicrotask(() => {
      const formula = document.querySelector(`[data-method="${method}"] details`);
      if (!(formula instanceof HTMLDetailsElement)) return;
      formula.open = true;
      formula.querySelector('summary')?.focus();
    });
  });

  return (state) => {
    method = state.settings.method;
    write(button, `Formula and paper of ${methodName(method)}`);
  };
}
