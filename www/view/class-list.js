// All classes as a list to search, to point at and to choose from. The focus stays in the search field: from there the
// arrow keys walk the list (the ARIA pattern of a combobox with a list that is always open).

import { Scores } from '../engine/scores.js';
import { percent } from './format.js';

/** @typedef {import('../gradcam.js').ClassScore} ClassScore */

// As many as a screen of the list.
const PAGE = 8;

/** For comparing as people type: without case, accents and hyphens. @param {string} text */
function folded(text) {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
}

/**
 * @param {string} tag
 * @param {Record<string, string>} attributes
 */
function made(tag, attributes) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Rows are made once per class and moved, so that the pointer stays on its class. @param {string} id */
function createRow(id) {
  const row = made('li', { id, role: 'option', class: 'class-row', 'aria-selected': 'false' });
  const rank = made('span', { class: 'class-rank', 'aria-hidden': 'true' });
  const name = made('span', { class: 'class-name' });
  const probability = made('span', { class: 'class-probability' });
  row.append(rank, name, ' ', probability);
  return { row, rank, name, probability };
}

/**
 * @param {HTMLElement} root is filled
 * @param {object} options
 * @param {string} options.id begins every id in it
 * @param {string} options.label what a class is chosen for
 * @param {(target: number) => void} options.choose
 * @param {(target: number | null) => void} [options.point] the class under the pointer or at which the keys are, if any
 * @returns {(answer: Pick<import('./state.js').Result, 'explanation' | 'model'>, chosen: number | null) => void}
 */
export function createClassList(root, { id, label, choose, point = () => {} }) {
  const search = /** @type {HTMLInputElement} */ (
    made('input', {
      id: `${id}-search`,
      type: 'search',
      role: 'combobox',
      class: 'class-search',
      placeholder: 'Search the classes',
      'aria-label': label,
      'aria-autocomplete': 'list',
      'aria-expanded': 'true',
      'aria-controls': `${id}-options`,
      autocomplete: 'off',
      spellcheck: 'false',
    })
  );
  const list = made('ul', {
    id: `${id}-options`,
    class: 'class-options',
    role: 'listbox',
    'aria-label': label,
  });
  const none = made('p', { class: 'hint class-none', hidden: '' });
  none.textContent = 'No class has a name like that.';
  const status = made('p', { class: 'visually-hidden', role: 'status' });
  root.append(search, list, none, status);

  /** @type {Map<number, ReturnType<typeof createRow>>} */
  const rows = new Map();
  /** @type {ClassScore[]} */
  let listed = [];
  /** Of which these are. @type {Float32Array | null} */
  let ranked = null;
  /** Those that the search leaves, best first. @type {number[]} */
  let found = [];
  /** At which class the keys are. @type {number | null} */
  let active = null;
  /** @type {number | null} */
  let hovered = null;

  /** @param {number | null} target */
  function activate(target) {
    if (active !== null) rows.get(active)?.row.classList.remove('active');
    active = target;
    const row = target === null ? undefined : rows.get(target)?.row;
    if (row) {
      row.classList.add('active');
      search.setAttribute('aria-activedescendant', row.id);
      row.scrollIntoView({ block: 'nearest' });
    } else {
      search.removeAttribute('aria-activedescendant');
    }
    point(target);
  }

  function filter() {
    const words = folded(search.value.trim());
    found = listed.filter(({ label }) => folded(label).includes(words)).map(({ index }) => index);
    const kept = new Set(found);
    for (const [index, { row }] of rows) row.hidden = !kept.has(index);
    none.hidden = found.length > 0;
    return words;
  }

  search.addEventListener('input', () => {
    const searched = filter();
    list.scrollTop = 0;
    activate(searched && found.length > 0 ? found[0] : null);
    status.textContent = found.length === 1 ? '1 class' : `${found.length} classes`;
  });
  search.addEventListener('blur', () => activate(null));
  search.addEventListener('keydown', (event) => {
    const at = active === null ? -1 : found.indexOf(active);
    const last = found.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowDown: Math.min(at + 1, last),
      ArrowUp: Math.max(at - 1, 0),
      PageDown: Math.min(at + PAGE, last),
      PageUp: Math.max(at - PAGE, 0),
    };
    if (event.key in targets && last >= 0) activate(found[targets[event.key]]);
    else if (event.key === 'Enter' && active !== null) choose(active);
    else if (event.key === 'Escape' && search.value) {
      search.value = '';
      filter();
      activate(null);
    } else return;
    event.preventDefault();
  });

  /** @param {Event} event */
  function classAt({ target }) {
    const row = target instanceof Element && target.closest('[role="option"]');
    return row instanceof HTMLElement ? Number(row.dataset.target) : null;
  }

  /** A list that scrolls under a pointer at rest moves it to another class as well: nobody pointed there. */
  let [lastX, lastY] = [NaN, NaN];
  list.addEventListener('pointermove', (event) => {
    const { pointerType, clientX, clientY } = event;
    if (pointerType === 'touch' || (clientX === lastX && clientY === lastY)) return;
    [lastX, lastY] = [clientX, clientY];
    const target = classAt(event);
    if (target === hovered) return;
    hovered = target;
    point(target ?? active);
  });
  list.addEventListener('pointerleave', () => {
    hovered = null;
    [lastX, lastY] = [NaN, NaN];
    point(active);
  });
  // The focus stays in the search field.
  list.addEventListener('mousedown', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    const target = classAt(event);
    if (target !== null) choose(target);
  });

  return ({ explanation: { logits }, model }, chosen) => {
    if (logits !== ranked) {
      ranked = logits;
      listed = new Scores(logits, model).best();
      listed.forEach(({ index, label, probability: share }, place) => {
        let made = rows.get(index);
        if (!made) {
          made = createRow(`${id}-${index}`);
          made.row.dataset.target = String(index);
          rows.set(index, made);
        }
        const { row, rank, name, probability } = made;
        rank.textContent = String(place + 1);
        name.textContent = label;
        probability.textContent = percent(share);
        if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
      });
      filter();
    }
    for (const [index, { row }] of rows) row.setAttribute('aria-selected', String(index === chosen));
  };
}
