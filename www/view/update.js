// Says that a new version of the page is ready, and changes to it when asked to. Keeping the site begins here, too, once
// the first photo is explained: it must not compete with the download of the model.

import { changeVersion, keepSite } from '../offline.js';
import { element, write } from './element.js';

/** @typedef {import('./state.js').State} State */

const READY = 'A new version of this page is ready.';
const OTHERS = 'Close the other tabs of this page to use the new version.';

/** @returns {(state: State) => void} */
export function createUpdate() {
  const notice = element('update', HTMLElement);
  const text = element('update-text', HTMLElement);
  let begun = false;

  /** @param {string} sentence */
  function say(sentence) {
    notice.hidden = false;
    write(text, sentence);
  }

  async function begin() {
    const registration = await keepSite(() => say(READY));
    if (!registration) return;
    element('update-now', HTMLButtonElement).addEventListener('click', async () => {
      if (!(await changeVersion(registration))) say(OTHERS);
    });
    element('update-later', HTMLButtonElement).addEventListener('click', () => (notice.hidden = true));
  }

  return ({ shown }) => {
    // A page that was kept itself has nothing to download, and if it were broken a new version would mend it.
    if (begun || !(shown || navigator.serviceWorker?.controller)) return;
    begun = true;
    void begin();
  };
}
