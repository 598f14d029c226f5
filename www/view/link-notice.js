// What must be said about the link that the page was opened by, until it is read.

import { element, write } from './element.js';

/** @typedef {import('./state.js').State} State */

/**
 * @param {() => void} dismiss
 * @returns {(state: State) => void}
 */
export function createLinkNotice(dismiss) {
  const notice = element('link-notice', HTMLElement);
  const text = element('link-notice-text', HTMLElement);
  element('link-dismiss', HTMLButtonElement).addEventListener('click', dismiss);

  return ({ remark }) => {
    notice.hidden = !remark;
    write(text, remark ?? '');
  };
}
