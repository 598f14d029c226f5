// What is going on: download progress, work, errors, and a blank map.

import { element, write } from './element.js';
import { megabytes, number } from './format.js';
import { blankWords } from './methods.js';
import { pictured } from './state.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('../gradcam.js').Progress} Progress */

/** @param {Progress} progress */
function progressText({ phase, loaded, total }) {
  if (phase === 'prepare') return 'Preparing the model…';
  return `Downloading the model: ${megabytes(loaded)}${total ? ` of ${megabytes(total)}` : ''}\u00a0MB`;
}

/** @param {State} state */
function busyText({ choosing, asked, steps, trying, looking }) {
  if (trying) return `Reading ${trying.name}…`;
  if (looking) return 'Looking for photos…';
  if (choosing && asked !== 'cpu') return 'Preparing the GPU…';
  return steps ? `Step ${steps.done} of ${steps.total}` : 'Working…';
}

/**
 * What must be said of a map that is blank, where its picture does not show that: with ReLU it is empty, and min–max gives
 * it hot colours all the same.
 *
 * @param {import('./state.js').Result} result
 */
function blankText(result) {
  const {
    explanation: { map },
    settings: { scale },
  } = result;
  const why = blankWords(result);
  const what =
    scale === 'positive'
      ? `Blank map: ${why}.`
      : `Blank but for the scale: ${why}; the hottest colour only means the least below zero.`;
  return `${what} Values run from ${number(map.minimum)} to ${number(map.maximum)}.`;
}

/**
 * @param {{ retry: () => void, dismiss: () => void, signed: () => void, stop: () => void }} actions
 * @returns {(state: State) => void}
 */
export function createStatus(actions) {
  const busy = element('busy', HTMLElement);
  const busyLine = element('busy-text', HTMLElement);
  const stop = element('busy-stop', HTMLButtonElement);
  const progress = element('progress', HTMLElement);
  const progressLine = element('progress-text', HTMLElement);
  const progressBar = element('progress-bar', HTMLProgressElement);
  const alert = element('alert', HTMLElement);
  const method = element('method', HTMLSelectElement);
  const blank = element('blank', HTMLElement);
  const blankLine = element('blank-text', HTMLElement);
  const blankSigned = element('blank-signed', HTMLButtonElement);
  /** @type {State['error']} */
  let alerted = null;

  stop.addEventListener('click', actions.stop);
  blankSigned.addEventListener('click', actions.signed);

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
    busy.hidden = !(state.busy || state.choosing || state.trying || state.looking) || Boolean(loading);
    write(busyLine, busyText(state));
    // Only what takes many steps is worth stopping, and only where there is something to go back to.
    const stoppable = !busy.hidden && Boolean(state.steps && state.shown);
    // The button is about to vanish with the focus on it.
    if (!stoppable && document.activeElement === stop) method.focus({ preventScroll: true });
    stop.hidden = !stoppable;

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

    const result = pictured(state.shown, state);
    const emptied = result?.explanation.map.blank && result.settings.scale !== 'signed';
    blank.hidden = !emptied || Boolean(state.incoming ?? error ?? state.live);
    // Whoever goes to the button leaves the class that is pointed at, and its map is gone.
    const previewed = result === state.preview;
    blankSigned.hidden = previewed;
    if (emptied) {
      write(blankLine, previewed ? `${blankText(result)} The signed scale shows them.` : blankText(result));
    }
  };
}
