// What is studied, and how: the line below the folder's name.

import { counted, questionWords } from '../../folder/words.js';
import { element, write } from '../element.js';
import { list } from '../format.js';

/** @typedef {import('../state.js').Folder} Folder */
/** @typedef {import('../state.js').State} State */

/** @param {Folder} folder */
function about({ photos, study }) {
  const folders = new Set(photos.map(({ folder }) => folder)).size;
  const where = folders > 1 ? ` in ${counted(folders, 'folder')}` : '';
  if (!study) return `${counted(photos.length)}${where}`;
  const { models, question } = study;
  const names = list(models.map(({ name }) => name));
  return `${counted(photos.length)}${where} · ${names} · ${questionWords(question, models[0].model)}, of the predicted class`;
}

/**
 * What another study of the same folder would go by, where the page has been set otherwise since.
 *
 * @param {State} state
 * @param {Folder} folder
 */
function otherWords({ settings, model, second, checkpoint }, { study }) {
  if (!study || !model) return '';
  const { models, question } = study;
  const now = [model, ...(second ? [second.model] : [])];
  const names = [checkpoint.name, ...(second ? [second.checkpoint.name] : [])];
  const same = now.length === models.length && now.every((each, index) => each === models[index].model);
  const words = questionWords(settings, model);
  if (same && words === questionWords(question, model)) return '';
  const by = same ? '' : `${list(names)} and `;
  return `The page now asks ${by}${words}.`;
}

/**
 * @param {{ again: () => void, close: () => void }} actions
 * @returns {(state: State, folder: Folder) => void}
 */
export function createHead({ again, close }) {
  const line = element('folder-about', HTMLElement);
  const other = element('folder-other', HTMLElement);
  const otherText = element('folder-other-text', HTMLElement);
  element('folder-again', HTMLButtonElement).addEventListener('click', again);
  element('folder-close', HTMLButtonElement).addEventListener('click', close);
  return (state, folder) => {
    write(line, about(folder));
    write(otherText, otherWords(state, folder));
    other.hidden = otherText.textContent === '';
  };
}
