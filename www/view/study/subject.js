// Which map a part of the study is about: the one on the screen, as soon as it stands still.

import { numberOf } from './task.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Result} Result */
/** @typedef {import('../../gradcam.js').Photo} Photo */

/**
 * The photo on the screen with its map, and whether nothing is about to take its place.
 *
 * @param {State} state
 * @returns {{ photo: Photo, name: string, result: Result, current: boolean } | null}
 */
export function studied({ shown, incoming, live, busy }) {
  if (!shown?.photo || !shown.result || live) return null;
  return { photo: shown.photo, name: shown.name, result: shown.result, current: !incoming && !busy };
}

/**
 * The same for the same class of the same photo, as long as the same engine computes.
 *
 * @param {Photo} photo
 * @param {Result} result
 */
export function keyOfClass(photo, { explanation, choice }) {
  return `${numberOf(photo)} ${explanation.target.index} ${numberOf(choice)}`;
}
