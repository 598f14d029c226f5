// The ways in: a file, a drop, a paste, the camera, a sample, or many photos at once. Each ends in `open` with a name and a
// way to the bytes; where there are many, the first of them does, and all of them in `study`.

import { isCheckpointName, isLabelsName } from '../checkpoint/checkpoint.js';
import { isArchive, photosAmong } from '../folder/photos.js';
import { GradCamError } from '../gradcam.js';
import { createCamera } from './camera.js';
import { element } from './element.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Source} Source */
/** @typedef {(File | FileSystemDirectoryEntry)[]} Given what was dropped or chosen */

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

/** @param {import('../folder/photos.js').FolderPhoto} photo @returns {Source} */
export function folderPhoto({ name, folder, read }) {
  return { name, caption: '', folder, read };
}

/**
 * A cancelled choice leaves no file, but so does an empty folder, and choosing the same file again must count too.
 *
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} take
 */
function watchInput(input, take) {
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = '';
    if (files.length > 0 || input.webkitdirectory) take(files);
  });
}

/**
 * What was dropped. Only while the event lasts: it is gone afterwards.
 *
 * @param {DataTransfer | null} dropped
 * @returns {Given}
 */
function givenBy(dropped) {
  const given = [...(dropped?.items ?? [])].map((item) => {
    const entry = item.webkitGetAsEntry();
    return entry?.isDirectory ? /** @type {FileSystemDirectoryEntry} */ (entry) : item.getAsFile();
  });
  return given.filter((each) => each !== null);
}

/** What to say where nothing of it is a photo. @param {Given} given */
function withoutPhoto([first, ...others]) {
  if (others.some((each) => each instanceof File && !each.webkitRelativePath)) {
    return 'There is no photo among these files.';
  }
  return first instanceof File && isArchive(first)
    ? 'There is no photo in that archive.'
    : 'There is no photo in that folder.';
}

/**
 * @param {(given: Given) => void} take
 * @param {(message: string) => void} fail
 */
function watchDrop(take, fail) {
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
    const given = givenBy(event.dataTransfer);
    if (given.length > 0) take(given);
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
 * @param {(found: import('../folder/photos.js').Found) => void} actions.study told of photos where there are several
 * @param {(looking: boolean) => void} actions.looking told while photos are being looked for
 * @param {(file: Blob) => Promise<import('../gradcam.js').Archive>} actions.openArchive
 * @param {(message: string) => void} actions.fail
 * @param {() => void} actions.leaveCamera for the dialog, which needs it
 * @returns {{ render: (state: State) => void, first: Source, sample: (name: string | null) => Source | undefined }}
 */
export function createSources({
  open,
  study,
  useNetwork,
  nameClasses,
  looking,
  openArchive,
  fail,
  leaveCamera,
}) {
  const stage = element('stage', HTMLElement);

  /** @param {Source} source */
  function take(source) {
    // On a phone the buttons lie far below the picture.
    stage.scrollIntoView({ block: 'nearest' });
    open(source);
  }

  /** Takes a file that is no photo by its name, and says whether it did. @param {Given} given */
  function takeOther(given) {
    const named = (/** @type {(name: string) => boolean} */ is) =>
      // What lies in a folder that was chosen is not meant by itself.
      given.find((each) => each instanceof File && !each.webkitRelativePath && is(each.name));
    const network = named(isCheckpointName);
    // Text may lie beside photos; alone it is meant.
    const names = given.length === 1 ? named(isLabelsName) : undefined;
    if (network instanceof File) useNetwork(network);
    else if (names instanceof File) nameClasses(names);
    return Boolean(network ?? names);
  }

  let turn = 0;

  /** A single photo is opened as it is, and many are studied. @param {Given} given */
  async function takeAll(given) {
    if (takeOther(given)) return;
    const mine = ++turn;
    const [only] = given;
    const single = given.length === 1 && only instanceof File && !only.webkitRelativePath && !isArchive(only);
    looking(!single);
    if (single) return take(ownPhoto(only, only.name));
    try {
      const found = await photosAmong(given, openArchive);
      if (mine !== turn) return;
      const [first] = found.photos;
      if (!first) return fail(withoutPhoto(given));
      if (found.photos.length === 1) return take(folderPhoto(first));
      open(folderPhoto(first));
      study(found);
    } catch (error) {
      if (mine !== turn) return;
      fail(error instanceof GradCamError ? error.message : 'That folder could not be read.');
    } finally {
      if (mine === turn) looking(false);
    }
  }

  const file = element('file', HTMLInputElement);
  const files = element('files', HTMLInputElement);
  const folder = element('folder', HTMLInputElement);
  const capture = element('capture', HTMLInputElement);
  element('choose', HTMLButtonElement).addEventListener('click', () => file.click());
  element('study-files', HTMLButtonElement).addEventListener('click', () => files.click());
  for (const id of ['choose-folder', 'study-folder']) {
    element(id, HTMLButtonElement).addEventListener('click', () => folder.click());
  }
  for (const input of [file, files, folder]) watchInput(input, (given) => void takeAll(given));
  watchInput(capture, ([photo]) => take(ownPhoto(photo, 'Camera photo')));
  watchDrop((given) => void takeAll(given), fail);
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
