// Every method with a small map of it, where that is quickly made: a click uses it on the page. Which there are, and in
// which order, the model says; the words are the page's, and the formulas templates in index.html.

import { element, write } from '../element.js';
import { GROUPS, methodName, methodWords } from '../method-words.js';
import { isSlow, methodNames } from '../methods.js';
import { drawThumbnail } from './thumbnail.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Settings} Settings */
/** @typedef {import('../../gradcam.js').Method} Method */
/** @typedef {import('../../gradcam.js').MethodTraits} MethodTraits */
/** @typedef {import('../../gradcam.js').Model} Model */
/** @typedef {import('../method-words.js').Group} Group */
/** @typedef {import('./layers.js').Kept} Kept */
/** @typedef {ReturnType<typeof createCard>} Card */

/** @param {HTMLElement} item @param {string} selector @template {HTMLElement} T @param {{ new (): T }} type */
function within(item, selector, type) {
  const found = item.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The card of a method in index.html has no ${selector}`);
  return found;
}

/** What a template in index.html holds. @param {string} id */
function contentOf(id) {
  return /** @type {DocumentFragment} */ (element(id, HTMLTemplateElement).content.cloneNode(true));
}

/**
 * @param {MethodTraits} info
 * @param {Model} model
 */
function createCard(info, model) {
  const { name: method, passes, guided, source, unavailable } = info;
  const { line, cost, paper } = methodWords(method);
  const item = /** @type {HTMLElement} */ (contentOf('method-card').firstElementChild);
  item.dataset.method = method;
  /** @param {string} part @param {string} text */
  const fill = (part, text) => (within(item, `.method-${part}`, HTMLElement).textContent = text);
  fill('name', methodName(method));
  fill('of', methodName(method));
  fill('line', line);
  // Between who wrote it and where it is found, which is the last part.
  fill('source', source.replace(/, (?=[^,]*$)/, `, “${paper}”, `));
  if (cost) fill('cost', cost(info, model));
  else within(item, '.method-cost', HTMLElement).remove();
  if (!guided) item.querySelectorAll('.method-mark, .adebayo').forEach((part) => part.remove());
  const formula = contentOf(`formula-${method}`);
  for (const place of formula.querySelectorAll('[data-passes]')) place.textContent = String(passes);
  within(item, 'summary', HTMLElement).after(formula);
  const button = within(item, '.method-use', HTMLButtonElement);
  button.disabled = unavailable !== null;
  return {
    method,
    unavailable,
    item,
    button,
    canvas: within(item, 'canvas', HTMLCanvasElement),
    note: within(item, '.method-note', HTMLElement),
    request: within(item, '.method-request', HTMLElement),
  };
}

/** What stands over the methods of a group, and their list. @param {Group} group @param {Card[]} cards */
function createGroup(group, cards) {
  const { title, hint } = GROUPS[group];
  const head = document.createElement('div');
  head.className = 'group';
  const heading = document.createElement('h4');
  heading.id = `methods-${group}`;
  heading.textContent = title;
  const line = document.createElement('p');
  line.className = 'hint';
  line.textContent = hint;
  head.append(heading, line);
  const list = document.createElement('ul');
  list.className = 'methods';
  list.setAttribute('aria-labelledby', heading.id);
  list.append(...cards.map(({ item }) => item));
  return [head, list];
}

/**
 * @param {(settings: Partial<Settings>) => void} change
 * @returns {(state: State, kept: (method: Method) => { kept: Kept | undefined, stale: boolean }) => void}
 */
export function createMethodGallery(change) {
  const box = element('methods', HTMLElement);
  /** @type {State['model']} */
  let listed = null;
  /** @type {Card[]} */
  let cards = [];

  /** @param {Model} model */
  function list(model) {
    listed = model;
    cards = model.methods.map((info) => createCard(info, model));
    for (const { method, button } of cards) button.addEventListener('click', () => change({ method }));
    const groups = /** @type {Group[]} */ (Object.keys(GROUPS));
    const of = (/** @type {Group} */ group) =>
      cards.filter(({ method }) => methodWords(method).group === group);
    box.replaceChildren(...groups.flatMap((group) => createGroup(group, of(group))));
  }

  return ({ model, settings, shown, opacity, steps }, look) => {
    if (!model) return;
    if (model !== listed) list(model);
    if (!shown?.photo) return;
    for (const { method, unavailable, item, button, canvas, note, request } of cards) {
      const { kept, stale } = look(method);
      const waits = !kept && !unavailable && isSlow(model, method, settings.layer);
      item.classList.toggle('stale', Boolean(kept) && stale);
      item.classList.toggle('waits', waits);
      request.hidden = !waits;
      // The picture may be far up the page by now.
      const step =
        steps && settings.method === method ? `step ${steps.done} of ${steps.total}` : 'on request';
      write(request, step);
      button.setAttribute('aria-pressed', String(settings.method === method));
      drawThumbnail(canvas, kept?.crop ?? shown.photo.crop, kept?.heats[0] ?? null, opacity);
      const same = kept?.sameAs ?? [];
      const remark = same.length > 0 ? `Here the same map as ${methodNames(same)}, by construction.` : '';
      write(note, unavailable ?? remark);
      note.hidden = note.textContent === '';
    }
  };
}
