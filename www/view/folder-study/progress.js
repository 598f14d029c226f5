// How far the study of a folder is, and the buttons that pause, stop and resume it.

import { counted, rateWords, remainingWords, whole } from '../../folder/words.js';
import { element, write } from '../element.js';

/** @typedef {import('../../folder/run.js').Progress} Progress */
/** @typedef {import('../state.js').Folder} Folder */

/** @param {Progress} progress */
function countWords({ status, done, total, rate }) {
  const count = `${whole(done)} of ${counted(total)}`;
  if (status !== 'running' || rate === null) return count;
  return `${count} · ${rateWords(rate)}, ${remainingWords((total - done) / rate)}`;
}

/** What a screen reader is to say by itself: not every photo. @param {Progress | null} progress */
function stateWords(progress) {
  if (!progress) return 'Waiting for the model…';
  const { status, starting, done, total } = progress;
  switch (status) {
    case 'running':
      return starting ? 'Starting a network for each core…' : '';
    case 'paused':
      return `Paused after ${whole(done)} of ${counted(total)}.`;
    case 'stopped':
      return `Stopped after ${whole(done)} of ${counted(total)}, and the memory is free again. Nothing is lost: it goes on from there.`;
    case 'finished':
      return `Done: ${counted(total)}.`;
    case 'failed':
      return '';
  }
}

/**
 * @param {{ pause: () => void, resume: () => void, stop: () => void, leave: () => void }} actions `leave` takes the focus
 *   away from buttons that vanish
 * @returns {(folder: Folder) => void}
 */
export function createProgress({ pause, resume, stop, leave }) {
  const bar = element('folder-bar', HTMLProgressElement);
  const count = element('folder-count', HTMLElement);
  const buttons = element('folder-buttons', HTMLElement);
  const pauseButton = element('folder-pause', HTMLButtonElement);
  const stopButton = element('folder-stop', HTMLButtonElement);
  const state = element('folder-state', HTMLElement);
  const failed = element('folder-failed', HTMLElement);
  const failedText = element('folder-failed-text', HTMLElement);
  const retry = element('folder-retry', HTMLButtonElement);
  let running = false;
  pauseButton.addEventListener('click', () => (running ? pause() : resume()));
  stopButton.addEventListener('click', stop);
  retry.addEventListener('click', resume);

  return ({ photos, progress }) => {
    const status = progress?.status ?? 'running';
    running = status === 'running';
    const over = status === 'finished';
    bar.max = photos.length;
    bar.value = progress?.done ?? 0;
    bar.hidden = over;
    write(count, progress ? countWords(progress) : counted(photos.length));
    count.hidden = over;
    write(state, stateWords(progress));
    write(pauseButton, running ? 'Pause' : 'Resume');
    const stoppable = status === 'running' || status === 'paused';
    if (!stoppable && document.activeElement === stopButton) pauseButton.focus({ preventScroll: true });
    stopButton.hidden = !stoppable;
    const gone = over || status === 'failed' || !progress;
    if (gone && buttons.contains(document.activeElement)) leave();
    buttons.hidden = gone;
    if (status !== 'failed' && document.activeElement === retry) pauseButton.focus({ preventScroll: true });
    failed.hidden = status !== 'failed';
    write(failedText, progress?.error ?? '');
  };
}
