// The parts of the study as tabs: one is open, the arrow keys go from one to the next.

import { element } from '../element.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Tab} Tab */

/** @type {Tab[]} */
const TABS = ['compare', 'layers', 'trust', 'what-if', 'models'];

/**
 * @param {(tab: Tab) => void} open
 * @returns {(state: State) => void}
 */
export function createTabs(open) {
  const tabs = TABS.map((name) => ({
    name,
    tab: element(`tab-${name}`, HTMLButtonElement),
    panel: element(`panel-${name}`, HTMLElement),
  }));

  /** @param {KeyboardEvent} event @param {number} index */
  function move(event, index) {
    const last = tabs.length - 1;
    /** @type {Record<string, number>} */
    const targets = {
      ArrowRight: index === last ? 0 : index + 1,
      ArrowLeft: index === 0 ? last : index - 1,
      Home: 0,
      End: last,
    };
    const target = tabs[targets[event.key]];
    if (!target) return;
    event.preventDefault();
    target.tab.focus();
    open(target.name);
  }

  tabs.forEach(({ name, tab }, index) => {
    tab.addEventListener('click', () => open(name));
    tab.addEventListener('keydown', (event) => move(event, index));
  });

  return (state) => {
    for (const { name, tab, panel } of tabs) {
      const chosen = name === state.tab;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      panel.hidden = !chosen;
    }
  };
}
