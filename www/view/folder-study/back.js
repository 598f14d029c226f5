// The way back from a photo of the folder to the folder.

import { element } from '../element.js';

/** @typedef {import('../state.js').State} State */

/** Photos by how they are read, which is theirs alone: names need not be. @type {WeakMap<object, Map<unknown, number>>} */
const numbers = new WeakMap();

/**
 * Which of the folder's photos is on the page, if any.
 *
 * @param {State} state
 * @returns {number | null}
 */
export function openedPhoto({ folder, incoming, shown }) {
  const subject = incoming ?? shown;
  if (!folder || !subject) return null;
  const { photos } = folder;
  const known = numbers.get(photos) ?? new Map(photos.map(({ read }, index) => [read, index]));
  numbers.set(photos, known);
  return known.get(subject.read) ?? null;
}

/**
 * @param {() => void} go
 * @returns {(state: State) => void}
 */
export function createBack(go) {
  const button = element('back-to-folder', HTMLButtonElement);
  button.addEventListener('click', go);
  return (state) => {
    button.hidden = openedPhoto(state) === null;
  };
}
