// The photos of the folder as a table: a line for each, and the numbers of each model.

import { isAnswered } from '../../folder/answer.js';
import { expectedLabel, knowsClasses } from '../../folder/study.js';
import { logit, percent, wholePercent } from '../format.js';
import { picture } from './gallery.js';
import { make, makeButton, refill } from './make.js';
import { folderWords, outcomeWords } from './photo-words.js';

/** @typedef {import('../../folder/answer.js').Answer} Answer */
/** @typedef {import('../../folder/answer.js').Answered} Answered */
/** @typedef {import('../../folder/selection.js').Choice} Choice */
/** @typedef {import('../../folder/selection.js').SortKey} SortKey */
/** @typedef {import('./folder-study.js').Studied} Studied */
/** @typedef {import('./photos.js').Layout} Layout */

/** A share of a map that has any. @param {'border' | 'outsideMiddle' | 'strongestQuarter'} key @returns {(answer: Answered) => string} */
function shareOf(key) {
  return ({ blank, spread }) => (blank ? 'blank' : wholePercent(spread[key]));
}

/** What there is of each model. @type {{ title: string, sort: SortKey, value: (answer: Answered) => string }[]} */
const NUMBERS = [
  { title: 'Probability', sort: 'probability', value: ({ predicted }) => percent(predicted.probability) },
  { title: 'Margin, logits', sort: 'margin', value: ({ margin }) => logit(margin) },
  { title: 'On the border', sort: 'border', value: shareOf('border') },
  { title: 'Outside the middle', sort: 'outsideMiddle', value: shareOf('outsideMiddle') },
  { title: 'Strongest quarter', sort: 'strongestQuarter', value: shareOf('strongestQuarter') },
];

/** @param {Answer | null} answer @param {boolean} knows */
function cellsOf(answer, knows) {
  const width = NUMBERS.length + (knows ? 2 : 1);
  if (!answer) return [make('td', { colspan: String(width) }, '…')];
  if (!isAnswered(answer))
    return [make('td', { class: 'photo-error', colspan: String(width) }, answer.error)];
  const outcome = outcomeWords(answer.right);
  return [
    make('td', { class: 'photo-label' }, answer.predicted.label),
    ...(knows
      ? [make('td', {}, outcome ? make('span', { class: `outcome ${outcome}` }, outcome) : '–')]
      : []),
    ...NUMBERS.map(({ value }) => make('td', { class: 'number' }, value(answer))),
  ];
}

/**
 * @param {(index: number) => void} open
 * @param {(choice: Partial<Choice>) => void} choose
 * @returns {Layout}
 */
export function createTable(open, choose) {
  const head = make('thead', {});
  const list = make('tbody', {});
  const root = make(
    'div',
    { class: 'photo-scroll', role: 'region', 'aria-label': 'Table of the photos', tabindex: '0' },
    make('table', { class: 'photo-table' }, head, list),
  );
  let headed = '';

  /** A heading that sorts; once more, and it sorts the other way round. @param {Choice} choice @param {string} title @param {SortKey} sort */
  function sorting(choice, title, sort) {
    const sorted = choice.sort === sort;
    const descending = sort !== 'folder' && !(sorted && choice.descending);
    const order = sort === 'folder' || !choice.descending ? 'ascending' : 'descending';
    return make(
      'th',
      { scope: 'col', 'aria-sort': sorted ? order : null, class: sort === 'folder' ? null : 'number' },
      makeButton(
        { class: 'photo-sort', 'data-key': `sort ${title}` },
        () => choose({ sort, descending }),
        title,
      ),
    );
  }

  return {
    root,
    list,
    prepare(studied) {
      const { study, choice } = studied;
      const knows = knowsClasses(study);
      const two = study.models.length > 1;
      const key = [
        knows,
        two,
        choice.sort,
        choice.descending,
        ...study.models.map(({ name }) => name),
      ].join();
      if (key === headed) return;
      headed = key;
      const plain = (/** @type {string} */ title) => make('th', { scope: 'col' }, title);
      const span = String(NUMBERS.length + (knows ? 2 : 1));
      refill(
        head,
        two
          ? make(
              'tr',
              {},
              make('td', { colspan: knows ? '2' : '1' }),
              ...study.models.map(({ name }) => make('th', { scope: 'colgroup', colspan: span }, name)),
            )
          : null,
        make(
          'tr',
          {},
          sorting(choice, 'Photo', 'folder'),
          knows ? plain('Should be') : null,
          ...study.models.flatMap((_, model) => [
            plain(two ? 'Says' : 'The network says'),
            ...(knows ? [plain('Outcome')] : []),
            // What is sorted by is the first model's.
            ...NUMBERS.map(({ title, sort }) =>
              model === 0
                ? sorting(choice, title, sort)
                : make('th', { scope: 'col', class: 'number' }, title),
            ),
          ]),
        ),
      );
    },
    item({ study }, index, addressOf) {
      const { photos } = study;
      const knows = knowsClasses(study);
      const answers = study.answers[index];
      const answered = answers.find(isAnswered);
      const { name } = photos[index];
      const folder = folderWords(study, index);
      const words = make(
        'span',
        { class: 'photo-names' },
        make('span', { class: 'photo-file' }, name),
        folder ? make('span', { class: 'photo-folder' }, folder) : null,
      );
      const overlay = answered?.overlay ? picture(answered.overlay, addressOf) : null;
      return make(
        'tr',
        {},
        make(
          'th',
          { scope: 'row' },
          answered
            ? makeButton(
                { class: 'photo-open', 'data-key': `photo ${index}` },
                () => open(index),
                overlay,
                words,
              )
            : make('span', { class: 'photo-open' }, words),
        ),
        knows ? make('td', {}, expectedLabel(study, index) ?? '–') : null,
        ...answers.flatMap((answer) => cellsOf(answer, knows)),
      );
    },
  };
}
