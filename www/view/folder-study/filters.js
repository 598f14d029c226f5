// Which photos of the folder are shown, and in which order.

import { knowsClasses } from '../../folder/study.js';
import { whole } from '../../folder/words.js';
import { element } from '../element.js';

/** @typedef {import('../../folder/selection.js').Choice} Choice */
/** @typedef {import('./folder-study.js').Studied} Studied */
/** @typedef {{ value: string, text: string }} Item */

/** @type {{ value: string, text: string, knows?: boolean }[]} */
const SORTS = [
  { value: 'folder', text: 'As in the folder' },
  { value: 'mistakes', text: 'Most confident mistakes first', knows: true },
  { value: 'probability up', text: 'Least probable first' },
  { value: 'probability down', text: 'Most probable first' },
  { value: 'margin up', text: 'Smallest margin first' },
  { value: 'margin down', text: 'Largest margin first' },
  { value: 'border down', text: 'Most on the border first' },
  { value: 'border up', text: 'Least on the border first' },
  { value: 'outsideMiddle down', text: 'Most outside the middle first' },
  { value: 'outsideMiddle up', text: 'Least outside the middle first' },
  { value: 'strongestQuarter down', text: 'Most concentrated first' },
  { value: 'strongestQuarter up', text: 'Least concentrated first' },
];

/** @param {Pick<Choice, 'sort' | 'descending'>} choice */
function sortValue({ sort, descending }) {
  if (sort === 'folder' || sort === 'mistakes') return sort;
  return `${sort} ${descending ? 'down' : 'up'}`;
}

/** @param {string} value @returns {Pick<Choice, 'sort' | 'descending'>} */
function sortOf(value) {
  const [sort, direction = 'down'] = value.split(' ');
  return { sort: /** @type {Choice['sort']} */ (sort), descending: direction === 'down' };
}

/** @param {HTMLSelectElement} select @param {Item[]} items @param {string} value */
function fill(select, items, value) {
  const same =
    select.options.length === items.length &&
    items.every((item, index) => item.value === select.options[index].value);
  if (same) {
    // An open list stays open where only its counts change.
    items.forEach(({ text }, index) => {
      if (select.options[index].text !== text) select.options[index].text = text;
    });
  } else {
    select.replaceChildren(...items.map((item) => new Option(item.text, item.value)));
  }
  select.value = value;
}

/** @param {Studied} studied @returns {Item[]} */
function shows({ study, findings: { models, agreement } }) {
  const sum = (/** @type {'wrong' | 'right' | 'failed'} */ key) =>
    Math.max(...models.map((summary) => summary[key]));
  const one = models.length === 1;
  const count = (/** @type {number} */ value) => (one ? ` (${whole(value)})` : '');
  const items = [{ value: 'all', text: 'All photos' }];
  if (agreement) items.push({ value: 'disagree', text: 'Where they disagree' });
  if (knowsClasses(study)) {
    items.push(
      { value: 'wrong', text: `Wrong${count(sum('wrong'))}` },
      { value: 'right', text: `Right${count(sum('right'))}` },
    );
  }
  if (agreement && knowsClasses(study)) {
    const [first, second] = study.models.map(({ name }) => name);
    items.push(
      { value: 'only-first', text: `Only ${first} is right` },
      { value: 'only-second', text: `Only ${second} is right` },
    );
  }
  if (sum('failed') > 0) items.push({ value: 'failed', text: `Could not be read${count(sum('failed'))}` });
  return items;
}

/** @param {Iterable<string>} labels @param {string} any @returns {Item[]} */
function classes(labels, any) {
  const sorted = [...new Set(labels)].sort((one, other) => one.localeCompare(other, 'en'));
  return [{ value: '', text: any }, ...sorted.map((label) => ({ value: label, text: label }))];
}

/**
 * @param {(choice: Partial<Choice>) => void} choose
 * @returns {(studied: Studied) => void}
 */
export function createFilters(choose) {
  const show = element('folder-show', HTMLSelectElement);
  const expected = element('folder-expected', HTMLSelectElement);
  const expectedBox = element('folder-expected-box', HTMLElement);
  const predicted = element('folder-predicted', HTMLSelectElement);
  const probability = element('folder-probability', HTMLSelectElement);
  const sort = element('folder-sort', HTMLSelectElement);
  show.addEventListener('change', () => choose({ show: /** @type {Choice['show']} */ (show.value) }));
  expected.addEventListener('change', () => choose({ expected: expected.value || null }));
  predicted.addEventListener('change', () => choose({ predicted: predicted.value || null }));
  probability.addEventListener('change', () => {
    const [least, below] = probability.value.split(' ').map(Number);
    choose({ probability: [least, below] });
  });
  sort.addEventListener('change', () => choose(sortOf(sort.value)));

  return (studied) => {
    const { study, choice, findings } = studied;
    const knows = knowsClasses(study);
    fill(show, shows(studied), choice.show);
    expectedBox.hidden = !knows;
    fill(
      expected,
      classes(
        findings.models.flatMap((summary) => summary.classes.map(({ label }) => label)),
        'Any class',
      ),
      choice.expected ?? '',
    );
    fill(
      predicted,
      classes(
        findings.models.flatMap((summary) => summary.predicted.map(({ label }) => label)),
        'Any class',
      ),
      choice.predicted ?? '',
    );
    probability.value = choice.probability.join(' ');
    const sorts = SORTS.filter((item) => knows || !item.knows);
    fill(sort, sorts, sortValue(choice));
  };
}
