// What is going on: download progress, work, errors, and a blank map.

import { element, write } from './element.js';
import { megabytes, number } from './format.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('../gradcam.js').Progress} Progress */

/** @param {Progress} progress */
function progressText({ phase, loaded, total }) {
  if (phase === 'prepare') return 'Preparing the model…';
  return `Downloading the model: ${megabytes(loaded)}${total ? ` of ${megabytes(total)}` : ''}\u00a0MB`;
}

/** @param {State} state */
function busyText({ choosing, asked }) {
  return choosing && asked !== 'cpu' ? 'Preparing the GPU…' : 'Working…';
}

/**
 * @param {{ retry: () => void, dismiss: () => void, signed: () => void }} actions
 * @returns {(state: State) => void}
 */
export function createStatus(actions) {
  const busy = element('busy', HTMLElement);
  const busyLine = element('busy-text', HTMLElement);
  const progress = element('progress', HTMLElement);
  const progressLine = element('progress-text', HTMLElement);
  const progressBar = element('progress-bar', HTMLProgressElement);
  const alert = element('alert', HTMLElement);
  const blank = element('blank', HTMLElement);
  const blankText = element('blank-text', HTMLElement);
  /** @type {State['error']} */
  let alerted = null;

  element('blank-signed', HTMLButtonElement).addEventListener('click', actions.signed);

  /** @param {NonNullable<State['error']>} error */
  function notice(error) {
    const box = document.createElement('div');
    box.className = 'notice alert';
    const text = document.createElement('p');
    text.className = 'notice-text';
    text.textContent = error.message;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button small';
    button.textContent = error.retry ? 'Try again' : 'Close';
    button.addEventListener('click', error.retry ? actions.retry : actions.dismiss);
    box.append(text, button);
    return box;
  }

  return (state) => {
    const { loading, error } = state;
    busy.hidden = !(state.busy || state.choosing) || Boolean(loading);
    write(busyLine, busyText(state));

    progress.hidden = !loading;
    if (loading) {
      write(progressLine, progressText(loading));
      if (loading.phase === 'download' && loading.total) {
        progressBar.max = loading.total;
        progressBar.value = loading.loaded;
      } else {
        // Without a value the bar shows that something is going on, not how far it is.
        progressBar.removeAttribute('value');
      }
    }

    if (error !== alerted) {
      alerted = error;
      alert.replaceChildren(...(error ? [notice(error)] : []));
    }

    const result = state.shown?.result;
    const map = result?.explanation.map;
    const emptied = map?.blank && result?.settings.scale === 'positive';
    blank.hidden = !emptied || Boolean(state.incoming ?? error ?? state.live);
    if (emptied) {
      write(
        blankText,
        `Blank map: nothing argues for this class at ${map.layer}. Values run from ${number(map.minimum)} to ${number(map.maximum)}.`,
      );
    }
  };
}
