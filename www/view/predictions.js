// The five best classes as a radio group: the chosen one is the class whose map is shown.

import { element, write } from './element.js';
import { logit, percent } from './format.js';

/** @typedef {import('./state.js').State} State */

export const PREDICTIONS = 5;

/** @param {string} className */
function span(className) {
  const made = document.createElement('span');
  made.className = className;
  return made;
}

/**
 * Rows are made once and filled anew, so that the focus stays where it is.
 *
 * @param {(target: number) => void} choose
 * @param {(target: number | null) => void} point
 */
function createRow(choose, point) {
  const row = document.createElement('label');
  row.className = 'prediction';
  const input = document.createElement('input');
  input.type = 'radio';
  input.name = 'target';
  input.disabled = true;
  input.addEventListener('change', () => choose(Number(input.value)));
  const enter = () => point(input.disabled ? null : Number(input.value));
  const leave = () => point(null);
  row.addEventListener('pointerenter', ({ pointerType }) => pointerType !== 'touch' && enter());
  row.addEventListener('pointerleave', leave);
  input.addEventListener('focus', () => input.matches(':focus-visible') && enter());
  input.addEventListener('blur', leave);
  const name = span('prediction-name');
  name.textContent = 'not known yet';
  const probability = span('prediction-probability');
  const bar = span('prediction-bar');
  const fill = span('prediction-fill');
  const score = span('prediction-logit');
  bar.append(fill);
  row.append(input, name, probability, bar, score);
  return { row, input, name, probability, fill, score };
}

/**
 * The class that keeps the map while the camera's picture changes.
 *
 * @param {State} state
 */
function keptClass({ live, model, settings: { target } }) {
  return live?.started && model && target !== null ? model.labels[target] : null;
}

/**
 * @param {(target: number | null) => void} choose
 * @param {(target: number | null) => void} point the class under the pointer or with the focus, if any
 * @returns {(state: State) => void}
 */
export function createPredictions(choose, point) {
  const hint = element('predictions-hint', HTMLElement);
  const kept = element('kept-class', HTMLElement);
  const keptText = element('kept-class-text', HTMLElement);
  const group = element('predictions', HTMLFieldSetElement);
  const legend = element('predictions-legend', HTMLElement);
  const rows = Array.from({ length: PREDICTIONS }, () => createRow(choose, point));
  group.append(...rows.map(({ row }) => row));
  element('follow', HTMLButtonElement).addEventListener('click', () => choose(null));

  return (state) => {
    const label = keptClass(state);
    kept.hidden = label === null;
    hint.hidden = !kept.hidden;
    if (label !== null) write(keptText, `The map stays with “${label}”.`);
    if (state.model) write(legend, `Best ${PREDICTIONS} of ${state.model.labels.length} classes`);
    // Numbers of the photo before stay in place, greyed, until those of the new one are there.
    const result = state.shown?.result;
    const current = Boolean(result) && !state.incoming;
    group.setAttribute('aria-busy', String(!current || state.busy));
    group.classList.toggle('stale', !current);
    rows.forEach(({ row, input, name, probability, fill, score }, index) => {
      const prediction = result?.explanation.predictions[index];
      row.classList.toggle('placeholder', !prediction);
      row.hidden = Boolean(result) && !prediction;
      input.disabled = !prediction;
      if (!result || !prediction) return;
      input.value = String(prediction.index);
      const chosen = state.incoming ? result.explanation.target.index : state.settings.target;
      input.checked = prediction.index === (chosen ?? result.explanation.target.index);
      write(name, prediction.label);
      write(probability, percent(prediction.probability));
      write(score, `logit ${logit(prediction.logit)}`);
      fill.style.transform = `scaleX(${prediction.probability})`;
    });
  };
}
