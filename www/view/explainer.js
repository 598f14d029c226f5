// "What am I looking at?": shows the formula and the paper of the method in use.

/** @typedef {import('./state.js').State} State */

/** @returns {(state: State) => void} */
export function createExplainer() {
  const formulas = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-method]'));
  return (state) => {
    formulas.forEach((formula) => (formula.hidden = formula.dataset.method !== state.settings.method));
  };
}
