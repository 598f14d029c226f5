// What the values of a map are in, in words: over its legend, and behind a single value.

import { methodOf } from './methods.js';

/** @typedef {import('../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../gradcam.js').Unit} Unit */

/** Behind a value. @type {Record<Unit, string>} */
export const UNITS = {
  logit: 'logit units',
  activation: 'activation',
  'logit-per-deviation': 'logits per deviation',
  relative: 'of the largest',
};

/** @type {Record<Unit, string>} */
const TITLES = {
  logit: 'Map value, in logit units',
  activation: 'Map value, in the layer’s activation units',
  'logit-per-deviation': 'Slope, in logits per standard deviation of the input',
  relative: 'Share of the largest value',
};

/**
 * @param {Pick<ClassMap, 'method' | 'unit'>} map
 * @param {import('../gradcam.js').Model} model
 * @param {boolean} signed whether the colours go both ways
 */
export function legendTitle({ method, unit }, model, signed) {
  const { hasSign, seesClass } = methodOf(model, method);
  if (!signed || !hasSign) return TITLES[unit];
  if (!seesClass) return 'Less than average ← activation units → more';
  return `Against the class ← ${unit} units → for it`;
}
