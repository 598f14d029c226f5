// The study of a folder: begins it when there is a model, passes on what is chosen, and has its parts drawn. Answers come
// by the dozen, so they are drawn together, and not more often than anybody reads.

import { EVERYTHING } from '../../folder/selection.js';
import { FolderRun } from '../../folder/run.js';
import { findingsOf } from '../../folder/study.js';
import { counted } from '../../folder/words.js';
import { element, write } from '../element.js';
import { folderPhoto } from '../sources.js';
import { createBack, openedPhoto } from './back.js';
import { createExports } from './exports.js';
import { createFilters } from './filters.js';
import { createFindings } from './findings.js';
import { createHead } from './head.js';
import { createPhotos } from './photos.js';
import { createProgress } from './progress.js';

/** @typedef {import('../../folder/photos.js').Found} Found */
/** @typedef {import('../../folder/pool.js').StudiedModel} StudiedModel */
/** @typedef {import('../../folder/study.js').Findings} Findings */
/** @typedef {import('../../folder/study.js').Study} Study */
/** @typedef {import('../state.js').Folder} Folder */
/** @typedef {import('../state.js').State} State */

/** A folder as it is drawn. @typedef {Folder & { study: Study, findings: Findings }} Studied */

/** Milliseconds between two drawings while answers come in. */
const CALM = 250;

/**
 * @param {object} needs
 * @param {() => StudiedModel[]} needs.models those of the page, once there are any: one, or two to be held against each other
 * @param {(source: import('../state.js').Source) => void} needs.open shows a photo in the study of one
 * @param {(folder: Folder | null) => void} needs.change
 * @param {(error: unknown) => string} needs.sentence
 * @param {(error: unknown) => void} needs.fail
 */
export function createFolderStudy({ models, open, change, sentence, fail }) {
  const section = element('folder-study', HTMLElement);
  const title = element('folder-title', HTMLElement);
  const results = element('folder-results', HTMLElement);
  const everything = element('folder-everything', HTMLButtonElement);
  /** @type {State | null} */
  let last = null;
  /** @type {FolderRun | null} */
  let run = null;
  /** Whether a drawing is due. */
  let due = false;
  let drawn = 0;
  /** @type {{ progress: Folder['progress'], findings: Findings } | null} */
  let found = null;
  /** What was drawn of the photos: the page is drawn anew for every place that is pointed at. */
  let seen = { folder: /** @type {Folder | null} */ (null), opened: /** @type {number | null} */ (null) };

  const renderHead = createHead({ again, close });
  const renderProgress = createProgress({
    pause: () => run?.pause(),
    resume: () => run?.resume(),
    stop: () => run?.stop(),
    leave: () => title.focus({ preventScroll: true }),
  });
  const renderFindings = createFindings(choose);
  const renderFilters = createFilters(choose);
  const renderPhotos = createPhotos({ open: openPhoto, turn: (page) => patch({ page }), choose });
  const renderExports = createExports(fail);
  const renderBack = createBack(() => {
    if (renderPhotos.focus()) return;
    section.scrollIntoView({ block: 'start' });
    title.focus({ preventScroll: true });
  });
  for (const input of layouts()) {
    input.addEventListener('change', () => patch({ layout: /** @type {Folder['layout']} */ (input.value) }));
  }
  everything.addEventListener('click', () => {
    // It is about to vanish with the focus on it.
    element('folder-show', HTMLSelectElement).focus({ preventScroll: true });
    if (last?.folder)
      choose({ ...EVERYTHING, sort: last.folder.choice.sort, descending: last.folder.choice.descending });
  });

  /** @returns {NodeListOf<HTMLInputElement>} */
  function layouts() {
    return document.querySelectorAll('input[name="folder-layout"]');
  }

  /** @param {Partial<Folder>} news */
  function patch(news) {
    if (last?.folder) change({ ...last.folder, ...news });
  }

  /** Another choice starts at its first page. @param {Partial<Folder['choice']>} choice */
  function choose(choice) {
    if (last?.folder) patch({ choice: { ...last.folder.choice, ...choice }, page: 0 });
  }

  /** @param {Found} folder */
  function start({ name, photos }) {
    run?.stop();
    run = null;
    change({
      name: name ?? counted(photos.length),
      photos,
      study: null,
      progress: null,
      choice: EVERYTHING,
      layout: last?.folder?.layout ?? 'gallery',
      page: 0,
    });
    // Until then it cannot be seen; and at once, as what comes in above it would lead a slow way astray.
    requestAnimationFrame(() => section.scrollIntoView({ block: 'start', behavior: 'instant' }));
  }

  /** Asks the models of the page, as it is set. @param {State} state @param {Folder} folder */
  function begin({ settings: { layer, method, colors } }, folder) {
    const { name, photos } = folder;
    const question = { layer, method, colors };
    const asked = models();
    run = new FolderRun({ photos, models: asked, question, changed, sentence });
    run.resume();
    const { answers, expected } = run;
    change({
      ...folder,
      study: { name, photos, models: asked, question, answers, expected },
      progress: run.progress,
    });
  }

  function again() {
    run?.stop();
    run = null;
    patch({ study: null, progress: null, choice: EVERYTHING, page: 0 });
  }

  function close() {
    run?.stop();
    run = null;
    renderPhotos.clear();
    change(null);
    element('study-folder', HTMLButtonElement).focus();
  }

  function changed() {
    if (due) return;
    due = true;
    const wait = drawn + CALM - performance.now();
    setTimeout(() => requestAnimationFrame(draw), Math.max(0, wait));
  }

  function draw() {
    due = false;
    drawn = performance.now();
    if (run) patch({ progress: run.progress });
  }

  /** @param {number} index */
  function openPhoto(index) {
    if (!last?.folder) return;
    open(folderPhoto(last.folder.photos[index]));
    element('stage', HTMLElement).scrollIntoView({ block: 'nearest' });
    // Once it is there: the next step of whoever came by keys is to look, and then to go back.
    requestAnimationFrame(() => element('back-to-folder', HTMLButtonElement).focus({ preventScroll: true }));
  }

  return {
    start,
    /** @param {State} state */
    render(state) {
      last = state;
      const { folder, model } = state;
      section.hidden = !folder;
      renderBack(state);
      if (!folder) return;
      if (!folder.study && model && !run) {
        begin(state, folder);
        return;
      }
      write(title, folder.name);
      renderHead(state, folder);
      renderProgress(folder);
      const { study, progress } = folder;
      results.hidden = !study || study.answers.every((each) => !each.some(Boolean));
      renderExports(state, study, results.hidden);
      const opened = openedPhoto(state);
      if (!study || results.hidden || (seen.folder === folder && seen.opened === opened)) return;
      seen = { folder, opened };
      if (found?.progress !== progress) found = { progress, findings: findingsOf(study) };
      const studied = { ...folder, study, findings: found.findings };
      renderFindings(studied);
      renderFilters(studied);
      for (const input of layouts()) input.checked = input.value === folder.layout;
      renderPhotos.render(studied, opened);
    },
  };
}
