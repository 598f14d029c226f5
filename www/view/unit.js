// What the values of a map are in, in the words that stand over its legend.

import { hasSign } from './methods.js';

/** @typedef {import('../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../gradcam.js').Unit} Unit */

/** @type {Record<Unit, string>} */
const TITLES = {
  logit: 'Map value, in logit units',
  activation: 'Map value, in the layer’s activation units',
  'logit-per-deviation': 'Slope, in logits per standard deviation of the input',
  relative: 'Share of the largest value',
};

/**
 * @param {Pick<ClassMap, 'method' | 'unit'>} map
 * @param {boolean} signed whether the colours go both ways
 */
export function legendTitle({ method, unit }, signed) {
  if (!signed || !hasSign(method)) return TITLES[unit];
  if (method === 'eigen-cam') return 'Less than average ← activation units → more';
  return `Against the class ← ${unit} units → for it`;
}
