// What the engine says of the methods, each by its name, and the words for a map by it.

import { list } from './format.js';
import { methodName } from './method-words.js';

/** @typedef {import('../gradcam.js').Method} Method */
/** @typedef {import('../gradcam.js').MethodTraits} MethodTraits */
/** @typedef {import('../gradcam.js').Model} Model */
/** @typedef {Pick<import('./state.js').Result, 'explanation' | 'model'>} Answer */

/** So many passes through the network take a moment that is noticed. */
const MANY_PASSES = 8;

/** @param {Pick<Model, 'methods'>} model @param {Method} method */
export function methodOf({ methods }, method) {
  return /** @type {MethodTraits} */ (methods.find(({ name }) => name === method));
}

/**
 * Whether it takes many passes through the network.
 *
 * @param {Model} model
 * @param {Method} method
 * @param {string} layer
 */
export function isSlow(model, method, layer) {
  const { passes } = methodOf(model, method);
  return passes === null ? layer !== model.linearHeadLayer : passes >= MANY_PASSES;
}

/**
 * The method that was asked for, where the model can have it, else the default and why.
 *
 * @param {Model} model
 * @param {Method} asked
 * @returns {{ method: Method, remark: string | null }}
 */
export function offeredMethod(model, asked) {
  const reason = methodOf(model, asked).unavailable;
  if (reason === null) return { method: asked, remark: null };
  const method = model.methods[0].name;
  return { method, remark: `${reason} ${methodName(method)} takes its place.` };
}

/** Which map it is: by which method, of what, and where. @param {Answer} answer */
export function mapWords({ explanation: { map, target }, model }) {
  const { seesClass, seesLayer } = methodOf(model, map.method);
  const what = seesClass ? ` for “${target.label}”` : '';
  const where = seesLayer ? ` at ${map.layer}` : '';
  return methodName(map.method) + what + where;
}

/** Why nothing is to be seen. @param {Answer} answer */
export function blankWords({ explanation: { map }, model }) {
  const { seesClass, seesLayer } = methodOf(model, map.method);
  if (!seesClass) return `nothing stands out at ${map.layer}`;
  return seesLayer ? `nothing argues for this class at ${map.layer}` : 'no pixel argues for this class';
}

/** The names of several methods in a sentence. @param {Method[]} methods */
export function methodNames(methods) {
  return list(methods.map(methodName));
}
