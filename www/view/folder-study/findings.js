// What the answers say together: figures, where the maps lie, accuracy by class, confusions, and where two models agree.
// Each count that can be looked at shows its photos when it is clicked.

import { sharesChart } from '../../folder/chart.js';
import { sharesWords, SHARES_NOTE, whole } from '../../folder/words.js';
import { knowsClasses } from '../../folder/study.js';
import { EVERYTHING } from '../../folder/selection.js';
import { element, write } from '../element.js';
import { percent, wholePercent } from '../format.js';
import { make, makeButton, refill } from './make.js';

/** @typedef {import('../../folder/selection.js').Choice} Choice */
/** @typedef {import('../../folder/statistics.js').Summary} Summary */
/** @typedef {import('../../folder/statistics.js').Agreement} Agreement */
/** @typedef {import('./folder-study.js').Studied} Studied */
/** @typedef {(choice: Partial<Choice>) => void} Choose */

/** Rows of a list that are made; the table that can be saved has all. */
const MOST_ROWS = 200;

/**
 * A number with a word under it; a button where its photos can be shown.
 *
 * @param {string} value
 * @param {string} words
 * @param {{ key: string, act: () => void } | null} [show]
 */
function figure(value, words, show = null) {
  const content = [make('strong', {}, value), make('span', {}, words)];
  return show
    ? makeButton({ class: 'folder-figure', 'data-key': show.key }, show.act, ...content)
    : make('p', { class: 'folder-figure' }, ...content);
}

/** @param {Studied} studied @param {Choose} choose @param {number} model */
function figuresOf({ study, findings }, choose, model) {
  const { known, answered, right, wrong, accuracy, failed } = findings.models[model];
  const two = study.models.length > 1;
  const made = [];
  if (accuracy !== null) {
    made.push(figure(percent(accuracy), `right: ${whole(right)} of ${whole(known)}`));
    const act = () => choose({ ...EVERYTHING, show: 'wrong', sort: 'mistakes' });
    made.push(
      figure(
        whole(wrong),
        wrong === 1 ? 'mistake' : 'mistakes',
        wrong > 0 ? { key: `wrong ${model}`, act } : null,
      ),
    );
    if (known < answered) made.push(figure(whole(answered - known), 'in no folder named after a class'));
  } else {
    made.push(figure(whole(answered), 'answered'));
  }
  if (failed > 0) {
    const act = () => choose({ ...EVERYTHING, show: 'failed' });
    made.push(figure(whole(failed), 'could not be read', { key: `failed ${model}`, act }));
  }
  const box = make('div', { class: 'folder-model' }, ...made);
  if (two) box.prepend(make('h3', {}, study.models[model].name));
  return box;
}

/** @param {Studied} studied @param {Agreement} agreement @param {Choose} choose */
function agreementOf({ study }, { both, same, known, bothRight, onlyFirst, onlySecond, bothWrong }, choose) {
  const [first, second] = study.models.map(({ name }) => name);
  const show = () => choose({ ...EVERYTHING, show: 'disagree' });
  const figures = [
    figure(both > 0 ? percent(same / both) : '–', `the same answer: ${whole(same)} of ${whole(both)}`),
    figure(
      whole(both - same),
      both - same === 1 ? 'disagreement' : 'disagreements',
      both > same ? { key: 'disagree', act: show } : null,
    ),
  ];
  const cell = (/** @type {number} */ count, /** @type {Choice['show'] | null} */ shown) =>
    make(
      'td',
      {},
      shown && count > 0
        ? makeButton(
            { class: 'link', 'data-key': shown },
            () => choose({ ...EVERYTHING, show: shown }),
            whole(count),
          )
        : whole(count),
    );
  const head = (/** @type {string} */ text, /** @type {string} */ scope) => make('th', { scope }, text);
  const table =
    known > 0
      ? make(
          'table',
          { class: 'folder-agreement' },
          make('caption', { class: 'visually-hidden' }, 'Photos by who is right'),
          make(
            'thead',
            {},
            make('tr', {}, make('td', {}), head(`${second} right`, 'col'), head(`${second} wrong`, 'col')),
          ),
          make(
            'tbody',
            {},
            make(
              'tr',
              {},
              head(`${first} right`, 'row'),
              cell(bothRight, null),
              cell(onlyFirst, 'only-first'),
            ),
            make(
              'tr',
              {},
              head(`${first} wrong`, 'row'),
              cell(onlySecond, 'only-second'),
              cell(bothWrong, null),
            ),
          ),
        )
      : null;
  return make('div', { class: 'folder-model' }, make('h3', {}, 'Where they agree'), ...figures, table);
}

/** @param {Summary} summary @param {string | null} name of the model, where there are two */
function sharesOf(summary, name) {
  const drawn = new DOMParser().parseFromString(sharesChart(summary), 'image/svg+xml').documentElement;
  return make(
    'div',
    {},
    name === null ? null : make('h4', {}, name),
    document.importNode(drawn, true),
    make('p', {}, sharesWords(summary)),
  );
}

/**
 * A list of counts in a box of its own, each a way to its photos.
 *
 * @param {string} label
 * @param {string[]} headings
 * @param {{ key: string, cells: string[], share?: number, act: () => void }[]} rows
 */
function countList(label, headings, rows) {
  const bodyRows = rows.slice(0, MOST_ROWS).map(({ key, cells: [name, ...cells], share, act }) => {
    const bar = share === undefined ? null : make('span', { class: 'folder-bar', 'aria-hidden': 'true' });
    if (bar) bar.style.setProperty('--share', String(share));
    return make(
      'tr',
      {},
      make('th', { scope: 'row' }, makeButton({ class: 'link', 'data-key': key }, act, name), bar),
      ...cells.map((cell) => make('td', {}, cell)),
    );
  });
  const more = rows.length > MOST_ROWS ? `The first ${whole(MOST_ROWS)} of ${whole(rows.length)}.` : '';
  return make(
    'div',
    {},
    make(
      'div',
      { class: 'folder-scroll', role: 'region', 'aria-label': label, tabindex: '0' },
      make(
        'table',
        {},
        make('thead', {}, make('tr', {}, ...headings.map((text) => make('th', { scope: 'col' }, text)))),
        make('tbody', {}, ...bodyRows),
      ),
    ),
    more ? make('p', { class: 'hint' }, more) : null,
  );
}

/** @param {Summary} summary @param {string} label @param {Choose} choose */
function classesOf({ known, classes, predicted }, label, choose) {
  if (known === 0) {
    return countList(
      label,
      ['Class', 'Photos'],
      predicted.map((each) => ({
        key: each.label,
        cells: [each.label, whole(each.count)],
        act: () => choose({ ...EVERYTHING, predicted: each.label }),
      })),
    );
  }
  return countList(
    label,
    ['Class', 'Right', 'Accuracy'],
    classes.map((each) => ({
      key: each.label,
      cells: [
        each.label,
        `${whole(each.right)} of ${whole(each.total)}`,
        wholePercent(each.right / each.total),
      ],
      share: each.right / each.total,
      act: () => choose({ ...EVERYTHING, expected: each.label }),
    })),
  );
}

/** @param {Summary} summary @param {string} label @param {Choose} choose */
function confusionsOf({ confusions, known }, label, choose) {
  if (confusions.length === 0) {
    return make('p', { class: 'hint' }, known > 0 ? 'None so far.' : '');
  }
  return countList(
    label,
    ['Should be → the network says', 'Photos'],
    confusions.map(({ expected, predicted, count }) => ({
      key: `${expected} ${predicted}`,
      cells: [`${expected} → ${predicted}`, whole(count)],
      act: () => choose({ ...EVERYTHING, expected, predicted }),
    })),
  );
}

/** What to do where no folder is named after a class. @param {Studied} studied */
function unknownWords({ study }) {
  const [{ model }] = study.models;
  const example = model.labels[0];
  return (
    'None of these photos lies in a folder that is named after a class, so that nobody can say what is right or wrong. ' +
    `Put the photos into folders named after their class, such as “${example}”, and open the folder that holds them.`
  );
}

/**
 * @param {Choose} choose
 * @returns {(studied: Studied) => void}
 */
export function createFindings(choose) {
  const figures = element('folder-figures', HTMLElement);
  const unknown = element('folder-unknown', HTMLElement);
  const shares = element('folder-shares', HTMLElement);
  const classesTitle = element('folder-classes-title', HTMLElement);
  const classes = element('folder-classes', HTMLElement);
  const confusionsBox = element('folder-confusions-box', HTMLElement);
  const confusions = element('folder-confusions', HTMLElement);
  /** @type {Studied['findings'] | null} */
  let drawn = null;

  return (studied) => {
    const { study, findings } = studied;
    if (findings === drawn) return;
    drawn = findings;
    const knows = knowsClasses(study);
    const name = (/** @type {number} */ model) => (study.models.length > 1 ? study.models[model].name : null);
    unknown.hidden = knows;
    write(unknown, knows ? '' : unknownWords(studied));
    refill(
      figures,
      ...study.models.map((_, model) => figuresOf(studied, choose, model)),
      findings.agreement && agreementOf(studied, findings.agreement, choose),
    );
    refill(
      shares,
      ...findings.models.map((summary, model) => sharesOf(summary, name(model))),
      make('p', { class: 'hint' }, SHARES_NOTE),
    );
    write(classesTitle, knows ? 'Accuracy by class' : 'What the network says');
    confusionsBox.hidden = !knows;
    const titled = (/** @type {HTMLElement} */ list, /** @type {number} */ model) => {
      const title = name(model);
      return title === null ? list : make('div', {}, make('h4', {}, title), list);
    };
    refillScrolled(
      classes,
      findings.models.map((summary, model) =>
        titled(classesOf(summary, labelOf('Classes', name(model)), choose), model),
      ),
    );
    refillScrolled(
      confusions,
      findings.models.map((summary, model) =>
        titled(confusionsOf(summary, labelOf('Confusions', name(model)), choose), model),
      ),
    );
  };
}

/** @param {string} what @param {string | null} name of the model */
function labelOf(what, name) {
  return name === null ? what : `${what}, ${name}`;
}

/** As `refill`, and the lists stay scrolled to where they were. @param {HTMLElement} root @param {HTMLElement[]} children */
function refillScrolled(root, children) {
  const places = [...root.querySelectorAll('.folder-scroll')].map(({ scrollTop }) => scrollTop);
  refill(root, ...children);
  root.querySelectorAll('.folder-scroll').forEach((box, index) => (box.scrollTop = places[index] ?? 0));
}
