// All classes, folded away under the five best.

import { createClassList } from './class-list.js';
import { element, write } from './element.js';

/** @typedef {import('./state.js').State} State */

/**
 * @param {object} actions
 * @param {(target: number) => void} actions.choose
 * @param {(target: number | null) => void} actions.point the class under the pointer or at which the keys are, if any
 * @returns {(state: State) => void}
 */
export function createClasses({ choose, point }) {
  const box = element('all-classes', HTMLDetailsElement);
  const title = element('all-classes-title', HTMLElement);
  const body = element('all-classes-list', HTMLElement);
  const renderList = createClassList(body, { id: 'class', label: 'Class whose map is shown', choose, point });
  /** @type {State | null} */
  let last = null;

  function draw(open = box.open) {
    const result = last?.shown?.result;
    if (!last || !result || !open) return;
    body.classList.toggle('stale', Boolean(last.incoming));
    const chosen = last.incoming ? null : last.settings.target;
    renderList(result, chosen ?? result.explanation.target.index);
  }

  // Filled by the time it opens: word of that comes only afterwards, when somebody may be typing already.
  title.addEventListener('click', () => draw(true));
  box.addEventListener('toggle', () => draw());
  return (state) => {
    last = state;
    if (state.model) write(title, `All ${state.model.labels.length} classes`);
    draw();
  };
}
