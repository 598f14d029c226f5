// Every method with a small map of it, where that is quickly made: a click uses it on the page.

import { write } from '../element.js';
import { isSlow, methodNames } from '../methods.js';
import { drawThumbnail } from './thumbnail.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Settings} Settings */
/** @typedef {import('../../gradcam.js').Method} Method */
/** @typedef {import('./layers.js').Kept} Kept */

/** @param {HTMLElement} item @param {string} selector @template {HTMLElement} T @param {{ new (): T }} type */
function within(item, selector, type) {
  const found = item.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`A method in index.html has no ${selector}`);
  return found;
}

/**
 * @param {(settings: Partial<Settings>) => void} change
 * @returns {{
 *   methods: Method[],
 *   render: (state: State, kept: (method: Method) => { kept: Kept | undefined, stale: boolean }) => void,
 * }}
 */
export function createMethodGallery(change) {
  const found = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.method'));
  const items = Array.from(found, (item) => ({
    method: /** @type {Method} */ (item.dataset.method),
    item,
    button: within(item, '.method-use', HTMLButtonElement),
    canvas: within(item, 'canvas', HTMLCanvasElement),
    note: within(item, '.method-note', HTMLElement),
    request: within(item, '.method-request', HTMLElement),
  }));
  for (const { method, button } of items) button.addEventListener('click', () => change({ method }));

  return {
    methods: items.map(({ method }) => method),
    render(state, look) {
      const { model, settings, shown, opacity, steps } = state;
      if (!model || !shown?.photo) return;
      for (const { method, item, button, canvas, note, request } of items) {
        const { kept, stale } = look(method);
        const waits = !kept && isSlow(method, settings.layer, model);
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
        write(note, same.length > 0 ? `Here the same map as ${methodNames(same)}, by construction.` : '');
        note.hidden = same.length === 0;
      }
    },
  };
}
