// The notes under the map's controls: what the scale does to this map, and what is to know of the method.

import { logit, number, percent } from './format.js';
import { methodName, methodWords } from './method-words.js';
import { methodNames, methodOf } from './methods.js';

/** @typedef {import('./state.js').Result} Result */
/** @typedef {import('../gradcam.js').Explanation} Explanation */
/** @typedef {import('../gradcam.js').MethodTraits} MethodTraits */

// A difference smaller than this share of the range cannot be seen.
const VISIBLE = 0.02;

/**
 * Positive and min-max agree only where the map's minimum is zero.
 *
 * @param {Result} result
 */
export function scaleNote({ explanation: { map }, settings: { scale }, model }) {
  const { minimum, maximum, blank } = map;
  const { hasSign, seesClass } = methodOf(model, map.method);
  if (scale === 'signed') {
    return hasSign
      ? 'Signed: zero is the middle colour, and the legend says what each end stands for.'
      : 'Signed: zero is the middle colour, but this method only says how much, so half the colours stay unused.';
  }
  const floor = seesClass ? 'argues for the class' : 'is above zero';
  if (blank) {
    return scale === 'positive'
      ? 'Nothing is above zero, so ReLU leaves nothing to show.'
      : `Min–max gives the hottest colour to ${number(maximum)}, though nothing is above zero.`;
  }
  if (Math.abs(minimum) < VISIBLE * (maximum - minimum)) {
    return 'The lowest value is about zero, so ReLU, ÷ max and min–max look the same.';
  }
  const value = number(minimum);
  if (scale === 'min-max') {
    return minimum > 0
      ? `Min–max takes away a floor of ${value}: even the coldest place ${floor}.`
      : `Min–max puts its coldest colour at ${value}, not at zero: compare with ReLU, ÷ max.`;
  }
  return minimum > 0
    ? `Every place is above zero here, from ${value} up. Min–max would hide this floor.`
    : `Values below zero, down to ${value}, show as zero. Min–max would stretch the colours down to them.`;
}

/** Why there is no layer to choose; empty where there is. @param {MethodTraits} method */
export function layerNote({ name, seesLayer }) {
  return seesLayer ? '' : `No layer to choose: ${methodWords(name).instead}.`;
}

/** @param {NonNullable<Explanation['completeness']>} completeness */
function completenessNote({ sum, difference, steps }) {
  const missing = (difference - sum) / difference;
  const gap = `${percent(Math.abs(missing))} ${missing < 0 ? 'too much' : 'missing'} at ${steps} steps`;
  return (
    `The map sums to ${logit(sum)} of ${logit(difference)}: ${gap}. ` +
    'The whole is what the logit rises by from a photo of one plain colour.'
  );
}

/**
 * Methods with the very map of this one, as the engine says. Grad-CAM and its kin agree where the head is linear.
 *
 * @param {Pick<Explanation, 'map' | 'sameAs'>} explanation
 */
function sameNote({ map, sameAs }) {
  return (
    `At ${map.layer} ${methodNames([map.method, ...sameAs])} are the same map by construction: ` +
    'only an average and a linear layer follow, so the gradient of each channel is constant there.'
  );
}

/**
 * @param {Result} result
 * @returns {string} empty where nothing need be said
 */
export function methodNote({ explanation, model }) {
  const { map, target, sameAs, references, completeness } = explanation;
  if (sameAs.length > 0) return sameNote(explanation);
  if (references.length > 0) {
    const names = references.map(({ label }) => label);
    return `Held against ${names.join(', ')}: what “${target.label}” shares with them counts less.`;
  }
  if (completeness) return completenessNote(completeness);
  const { guided, seesClass } = methodOf(model, map.method);
  const name = methodName(map.method);
  if (guided) {
    return `${name} fails the sanity checks of Adebayo et al. 2018: see “Can it be trusted?” below.`;
  }
  return seesClass ? '' : `${name} asks for no class: every class has this very map.`;
}
