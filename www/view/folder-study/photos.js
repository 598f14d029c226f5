// The photos of the folder that the choice leaves, page by page, as a gallery or as a table.

import { isAnswered } from '../../folder/answer.js';
import { EVERYTHING, select } from '../../folder/selection.js';
import { counted, whole } from '../../folder/words.js';
import { element, write } from '../element.js';
import { createGallery } from './gallery.js';
import { refill } from './make.js';
import { Pictures } from './pictures.js';
import { createTable } from './table.js';

/** @typedef {import('../../folder/selection.js').Choice} Choice */
/** @typedef {import('./folder-study.js').Studied} Studied */

/**
 * One way to show photos.
 *
 * @typedef {object} Layout
 * @property {HTMLElement} root
 * @property {HTMLElement} list holds an element for each photo
 * @property {(studied: Studied) => void} prepare
 * @property {(studied: Studied, index: number, addressOf: (blob: Blob) => string) => HTMLElement} item
 */

/** Photos on a page: what one looks through without losing one's place. */
const PAGE = 60;

/**
 * @param {object} actions
 * @param {(index: number) => void} actions.open
 * @param {(page: number) => void} actions.turn
 * @param {(choice: Partial<Choice>) => void} actions.choose
 */
export function createPhotos({ open, turn, choose }) {
  const box = element('folder-list', HTMLElement);
  const shownLine = element('folder-shown', HTMLElement);
  const everything = element('folder-everything', HTMLButtonElement);
  const heldLine = element('folder-held', HTMLElement);
  const pages = element('folder-pages', HTMLElement);
  const pageLine = element('folder-page', HTMLElement);
  const previous = element('folder-previous', HTMLButtonElement);
  const next = element('folder-next', HTMLButtonElement);
  const title = element('folder-photos-title', HTMLElement);
  const layouts = { gallery: createGallery(open), table: createTable(open, choose) };
  const pictures = new Pictures();
  /** What is on the screen: the page's photos, and what they were chosen by. */
  let drawn = { studied: /** @type {Studied | null} */ (null), indices: /** @type {number[]} */ ([]) };
  /** Their elements, and how many answers there were when they were made. @type {Map<number, { answers: number, item: HTMLElement }>} */
  let items = new Map();
  /** Where these are. @type {{ study: Studied['study'], layout: Layout } | null} */
  let place = null;
  /** Which photo was opened last. */
  let lastOpened = -1;
  let page = 0;
  let held = false;

  previous.addEventListener('click', () => go(page - 1));
  next.addEventListener('click', () => go(page + 1));
  // What was held back is shown as soon as nobody is there any more.
  for (const event of ['pointerleave', 'focusout']) {
    box.addEventListener(event, () => requestAnimationFrame(() => held && last && render(...last)));
  }
  /** @type {[Studied, number | null] | null} */
  let last = null;

  /** @param {number} to */
  function go(to) {
    turn(to);
    title.scrollIntoView({ block: 'start' });
  }

  /** Whether somebody is in the list. */
  function isVisited() {
    return box.matches(':focus-within') || (matchMedia('(hover: hover)').matches && box.matches(':hover'));
  }

  /** @param {Studied} studied @param {number[]} indices of the photos of its page */
  function holds(studied, indices) {
    const before = drawn.studied;
    if (!before || studied.progress?.status !== 'running' || !isVisited()) return false;
    const same =
      before.study === studied.study &&
      before.choice === studied.choice &&
      before.layout === studied.layout &&
      before.page === studied.page;
    // What comes at the end moves nothing.
    return same && drawn.indices.some((index, at) => index !== indices[at]);
  }

  /** @param {Studied} studied @param {number | null} opened */
  function draw(studied, opened) {
    const { study, layout: name } = studied;
    const layout = layouts[name];
    if (place?.study !== study || place.layout !== layout) {
      items = new Map();
      place = { study, layout };
      layout.list.replaceChildren();
      box.replaceChildren(layout.root);
    }
    const { answers } = study;
    const addressOf = (/** @type {Blob} */ blob) => pictures.addressOf(blob);
    /** @type {typeof items} */
    const kept = new Map();
    for (const index of drawn.indices) {
      const there = answers[index].filter(Boolean).length;
      const before = items.get(index);
      const item = before?.answers === there ? before.item : layout.item(studied, index, addressOf);
      for (const answer of answers[index])
        if (isAnswered(answer) && answer.overlay) pictures.keep(answer.overlay);
      item.toggleAttribute('data-opened', index === opened);
      kept.set(index, { answers: there, item });
    }
    const before = [...items.values()].map(({ item }) => item);
    items = kept;
    layout.prepare(studied);
    const now = [...kept.values()].map(({ item }) => item);
    if (now.length !== before.length || now.some((item, index) => item !== before[index]))
      refill(layout.list, ...now);
    pictures.sweep();
  }

  /** @param {Studied} studied @param {number | null} opened the photo that is on the page */
  function render(studied, opened) {
    last = [studied, opened];
    const { study, choice, progress } = studied;
    const selected = select(study.answers, choice);
    const count = Math.max(1, Math.ceil(selected.length / PAGE));
    page = Math.min(studied.page, count - 1);
    const from = page * PAGE;
    const indices = selected.slice(from, from + PAGE);
    if (opened !== null) lastOpened = opened;
    held = holds(studied, indices);
    heldLine.hidden = !held;
    if (!held) drawn = { studied, indices };
    draw({ ...studied, layout: drawn.studied?.layout ?? studied.layout }, opened);
    box.setAttribute('aria-busy', String(progress?.status === 'running'));
    const all = choice.show === 'all' && choice.expected === null && choice.predicted === null;
    const filtered = !all || choice.probability.join() !== EVERYTHING.probability.join();
    everything.hidden = !filtered;
    write(shownLine, shownWords(selected.length, filtered, progress?.status === 'running'));
    pages.hidden = count < 2;
    const [first, end] = [page === 0, page === count - 1];
    // What is switched off loses the focus.
    if (first && document.activeElement === previous) next.focus({ preventScroll: true });
    if (end && document.activeElement === next) previous.focus({ preventScroll: true });
    previous.disabled = first;
    next.disabled = end;
    write(pageLine, `${whole(from + 1)} to ${whole(from + indices.length)} of ${whole(selected.length)}`);
  }

  return {
    render,
    /** Brings the photo that was opened last back under the keys; false where it is not on the screen. */
    focus() {
      const button = box.querySelector(`[data-key="photo ${lastOpened}"]`);
      if (!(button instanceof HTMLElement)) return false;
      button.focus({ preventScroll: true });
      button.scrollIntoView({ block: 'center' });
      return true;
    },
    /** Lets everything go. */
    clear() {
      items = new Map();
      place = null;
      drawn = { studied: null, indices: [] };
      last = null;
      box.replaceChildren();
      pictures.sweep();
    },
  };
}

/** @param {number} count @param {boolean} filtered @param {boolean} running */
function shownWords(count, filtered, running) {
  // While answers come in the number is told by the progress, and need not be said aloud again and again.
  if (!filtered) return running ? 'All that have been answered so far.' : counted(count);
  if (count === 0) return running ? 'No photo like that so far.' : 'No photo is like that.';
  return running ? `Only some of the photos.` : counted(count);
}
