// The ways in: a file, a drop, a paste, the camera or a sample. Each ends in `open` with a name and a way to the bytes.

import { isCheckpointName, isLabelsName } from '../checkpoint/checkpoint.js';
import { GradCamError } from '../gradcam.js';
import { createCamera } from './camera.js';
import { element } from './element.js';
import { firstPhotoIn, firstPhotoOf } from './folder.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Source} Source */

/**
 * @param {HTMLButtonElement} button
 * @returns {Source}
 */
function sampleOf(button) {
  const url = button.querySelector('img')?.src ?? '';
  const name = url.slice(url.lastIndexOf('/') + 1);
  /** @type {Blob | undefined} */
  let kept;
  return {
    name,
    caption: button.dataset.caption ?? '',
    sample: name.replace(/\..*$/, ''),
    folder: null,
    async read() {
      if (kept) return kept;
      const response = await fetch(url).catch(() => null);
      if (!response?.ok) {
        throw new GradCamError(
          'photo-download',
          `The sample photo ${name} could not be downloaded. Check the connection and choose it again.`,
        );
      }
      return (kept = await response.blob());
    },
  };
}

/**
 * @param {Blob | ImageData} picture
 * @param {string} name
 * @param {string | null} [folder]
 * @returns {Source}
 */
export function ownPhoto(picture, name, folder = null) {
  return { name, caption: '', folder, read: async () => picture };
}

/**
 * A cancelled choice leaves no file, and choosing the same file again must count too.
 *
 * @param {HTMLInputElement} input
 * @param {(source: Source) => void} open
 */
function watchInput(input, open) {
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) open(ownPhoto(file, file.name));
    input.value = '';
  });
}

/**
 * @param {{ file: File, folder: string | null } | null} found
 * @param {(source: Source) => void} open
 * @param {(message: string) => void} fail
 */
function openFound(found, open, fail) {
  if (found) open(ownPhoto(found.file, found.file.name, found.folder));
  else fail('There is no photo in that folder.');
}

/**
 * @param {HTMLInputElement} input
 * @param {(source: Source) => void} open
 * @param {(message: string) => void} fail
 */
function watchFolder(input, open, fail) {
  input.addEventListener('change', () => {
    openFound(firstPhotoOf([...(input.files ?? [])]), open, fail);
    input.value = '';
  });
}

/**
 * @param {(source: Source) => void} open
 * @param {(file: File) => boolean} takeOther takes a file that is no photo by its name
 * @param {(message: string) => void} fail
 */
function watchDrop(open, takeOther, fail) {
  const drop = element('drop', HTMLElement);
  // Enter and leave fire for every element on the way; only the sum says whether the pointer is still over the page.
  let depth = 0;

  /** @param {number} count */
  function setDepth(count) {
    depth = Math.max(0, count);
    drop.hidden = depth === 0;
  }

  // A piece of the page itself, dragged about, is not meant for it.
  let ours = false;
  addEventListener('dragstart', () => (ours = true));
  addEventListener('dragend', () => (ours = false));

  addEventListener('dragenter', (event) => {
    if (ours) return;
    event.preventDefault();
    setDepth(depth + 1);
  });
  addEventListener('dragleave', () => setDepth(depth - 1));
  addEventListener('dragover', (event) => {
    if (!ours) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    if (ours) return;
    event.preventDefault();
    setDepth(0);
    // Only now: what was dropped is gone as soon as this returns.
    const entry = event.dataTransfer?.items[0]?.webkitGetAsEntry();
    const file = event.dataTransfer?.files[0];
    if (entry?.isDirectory) {
      firstPhotoIn(/** @type {FileSystemDirectoryEntry} */ (entry)).then(
        (found) => openFound(found, open, fail),
        () => fail('That folder could not be read.'),
      );
    } else if (file && takeOther(file)) return;
    else if (file) open(ownPhoto(file, file.name));
    else fail('That was not a file. Save the picture first, then drop the file here.');
  });
}

/**
 * @param {(source: Source) => void} open
 * @param {(message: string) => void} fail
 */
function watchPaste(open, fail) {
  addEventListener('paste', (event) => {
    const file = event.clipboardData?.files[0];
    if (file) open(ownPhoto(file, 'Pasted picture'));
    else fail('There is no picture in the clipboard.');
  });
}

/**
 * @param {object} actions
 * @param {(source: Source) => void} actions.open
 * @param {(file: File) => void} actions.useNetwork
 * @param {(file: File) => void} actions.nameClasses
 * @param {(message: string) => void} actions.fail
 * @param {() => void} actions.leaveCamera for the dialog, which needs it
 * @returns {{ render: (state: State) => void, first: Source, sample: (name: string | null) => Source | undefined }}
 */
export function createSources({ open, useNetwork, nameClasses, fail, leaveCamera }) {
  const stage = element('stage', HTMLElement);

  /** @param {Source} source */
  function take(source) {
    // On a phone the buttons lie far below the picture.
    stage.scrollIntoView({ block: 'nearest' });
    open(source);
  }

  /** @param {File} dropped */
  function takeOther(dropped) {
    if (isCheckpointName(dropped.name)) useNetwork(dropped);
    else if (isLabelsName(dropped.name)) nameClasses(dropped);
    else return false;
    return true;
  }

  const file = element('file', HTMLInputElement);
  const capture = element('capture', HTMLInputElement);
  element('choose', HTMLButtonElement).addEventListener('click', () => file.click());
  watchInput(file, take);
  const folder = element('folder', HTMLInputElement);
  element('choose-folder', HTMLButtonElement).addEventListener('click', () => folder.click());
  watchFolder(folder, take, fail);
  watchInput(capture, (source) => take({ ...source, name: 'Camera photo' }));
  watchDrop(take, takeOther, fail);
  watchPaste(take, fail);

  const showCamera = createCamera((blob) => take(ownPhoto(blob, 'Camera photo')));
  element('use-camera', HTMLButtonElement).addEventListener('click', () => {
    leaveCamera();
    // Pages without access to the camera can still ask a phone's own camera app.
    if (navigator.mediaDevices || !matchMedia('(pointer: coarse)').matches) showCamera();
    else capture.click();
  });

  const buttons = /** @type {HTMLButtonElement[]} */ ([...document.querySelectorAll('.sample')]);
  const samples = buttons.map(sampleOf);
  buttons.forEach((button, index) => button.addEventListener('click', () => take(samples[index])));

  return {
    first: samples[0],
    sample: (name) => samples.find(({ sample }) => sample === name),
    render(state) {
      // Not by name: somebody's own photo may be called cat.jpg too.
      const read = (state.incoming ?? state.shown)?.read;
      buttons.forEach((button, index) =>
        button.setAttribute('aria-pressed', String(samples[index].read === read)),
      );
    },
  };
}
