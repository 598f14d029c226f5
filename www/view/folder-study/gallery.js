// The photos of the folder as small pictures with their maps.

import { isAnswered, OVERLAY } from '../../folder/answer.js';
import { expectedLabel } from '../../folder/study.js';
import { percent } from '../format.js';
import { make, makeButton } from './make.js';
import { folderWords, outcomeWords } from './photo-words.js';

/** @typedef {import('../../folder/answer.js').Answer} Answer */
/** @typedef {import('./photos.js').Layout} Layout */

/** @param {Blob} overlay @param {(blob: Blob) => string} addressOf */
export function picture(overlay, addressOf) {
  return make('img', {
    src: addressOf(overlay),
    alt: '',
    width: String(OVERLAY),
    height: String(OVERLAY),
    draggable: 'false',
  });
}

/**
 * What a model says of a photo: its picture, and the words below.
 *
 * @param {Answer | null} answer
 * @param {string | null} by the model's name, where there are two
 * @param {(blob: Blob) => string} addressOf
 */
function said(answer, by, addressOf) {
  const name = by === null ? null : make('span', { class: 'photo-by' }, by);
  const none = make('span', { class: 'photo-none', 'aria-hidden': 'true' });
  if (!answer) return make('span', { class: 'photo-said' }, none, name, '…');
  if (!isAnswered(answer)) return make('span', { class: 'photo-said' }, none, name, answer.error);
  const { predicted, right, blank, overlay } = answer;
  const outcome = outcomeWords(right);
  return make(
    'span',
    { class: 'photo-said' },
    overlay ? picture(overlay, addressOf) : none,
    name,
    make('span', { class: 'photo-label' }, predicted.label),
    ' ',
    make('span', { class: 'photo-probability' }, percent(predicted.probability)),
    ' ',
    outcome ? make('span', { class: `outcome ${outcome}` }, outcome) : null,
    blank ? make('span', { class: 'photo-by' }, 'blank map') : null,
  );
}

/**
 * @param {(index: number) => void} open
 * @returns {Layout}
 */
export function createGallery(open) {
  const list = make('ul', { class: 'photo-gallery' });
  return {
    root: list,
    list,
    prepare({ study }) {
      list.classList.toggle('pairs', study.models.length > 1);
    },
    item({ study }, index, addressOf) {
      const { photos, models } = study;
      const answers = study.answers[index];
      const { name } = photos[index];
      const folder = folderWords(study, index);
      const file = make('span', { class: 'photo-file', title: folder ? `${folder}/${name}` : name }, name);
      if (!answers.some(isAnswered)) {
        // What is wrong with a photo is mostly the same for all models.
        const [failure] = answers;
        return make('li', { class: 'photo-card failed' }, said(failure, null, addressOf), file);
      }
      const expected = expectedLabel(study, index);
      const wrong = answers.some((answer) => isAnswered(answer) && answer.right === false);
      const by = (/** @type {number} */ model) => (models.length > 1 ? models[model].name : null);
      return make(
        'li',
        { class: `photo-card${wrong ? ' wrong' : ''}` },
        makeButton(
          { class: 'photo-open', 'data-key': `photo ${index}` },
          () => open(index),
          make(
            'span',
            { class: 'photo-answers' },
            ...answers.map((answer, model) => said(answer, by(model), addressOf)),
          ),
          expected !== null && wrong
            ? make('span', { class: 'photo-should' }, `should be ${expected}`)
            : null,
          file,
        ),
      );
    },
  };
}
