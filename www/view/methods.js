// What the page must know of each method beyond its name, and the words for a map by it.

import { list, methodName } from './format.js';

/** @typedef {import('../gradcam.js').Method} Method */
/** @typedef {import('../gradcam.js').Explanation} Explanation */
/** @typedef {import('../gradcam.js').Model} Model */

/** Those without a layer, whose maps stay the same whichever is chosen. @type {Method[]} */
const WITHOUT_LAYER = [
  'layer-cam-fused',
  'input-gradient',
  'smooth-grad',
  'integrated-gradients',
  'guided-backprop',
];

/** Those that only say how much, never against or for. @type {Method[]} */
const WITHOUT_SIGN = [
  'layer-cam-fused',
  'input-gradient',
  'smooth-grad',
  'guided-backprop',
  'guided-grad-cam',
];

/** Those that fail the sanity checks of Adebayo et al. 2018. @type {Method[]} */
const GUIDED = ['guided-backprop', 'guided-grad-cam'];

/** Whether the map is another one at another layer. @param {Method} method */
export function seesLayer(method) {
  return !WITHOUT_LAYER.includes(method);
}

/** Whether the engine gives the maps of all layers at once. @param {Method} method */
export function hasLayerMaps(method) {
  return seesLayer(method) && method !== 'ablation-cam' && method !== 'guided-grad-cam';
}

/** @param {Method} method */
export function hasSign(method) {
  return !WITHOUT_SIGN.includes(method);
}

/** @param {Method} method */
export function isGuided(method) {
  return GUIDED.includes(method);
}

/** Whether the map is of a class, and not of all that the network saw. @param {Method} method */
export function knowsClass(method) {
  return method !== 'eigen-cam';
}

/**
 * Whether it takes many passes through the network.
 *
 * @param {Method} method
 * @param {string} layer
 * @param {Model} model
 */
export function isSlow(method, layer, model) {
  if (method === 'ablation-cam') return layer !== model.layers.at(-1)?.name;
  return method === 'smooth-grad' || method === 'integrated-gradients';
}

/** Which map it is: by which method, of what, and where. @param {Pick<Explanation, 'map' | 'target'>} explanation */
export function mapWords({ map, target }) {
  const what = knowsClass(map.method) ? ` for “${target.label}”` : '';
  const where = seesLayer(map.method) ? ` at ${map.layer}` : '';
  return methodName(map.method) + what + where;
}

/** Why nothing is to be seen. @param {Pick<Explanation['map'], 'method' | 'layer'>} map */
export function blankWords({ method, layer }) {
  if (!knowsClass(method)) return `nothing stands out at ${layer}`;
  return seesLayer(method) ? `nothing argues for this class at ${layer}` : 'no pixel argues for this class';
}

/** The names of several methods in a sentence. @param {Method[]} methods */
export function methodNames(methods) {
  return list(methods.map(methodName));
}
