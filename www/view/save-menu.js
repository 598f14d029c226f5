// The menu beside "Save picture". One thing is made at a time; what the page shows then is what is made.

import { bundleOf } from '../save/bundle.js';
import { download, fileName } from '../save/download.js';
import { layOut } from '../save/figure.js';
import { pngOfFigure } from '../save/figure-png.js';
import { svgOf } from '../save/figure-svg.js';
import { linkOf } from '../save/link.js';
import { element, write } from './element.js';
import { rivalOf } from './rival.js';
import { Task } from './study/task.js';

/** @typedef {import('../gradcam.js').GradCam} GradCam */
/** @typedef {import('./state.js').State} State */

/**
 * @typedef {object} Actions
 * @property {() => Promise<GradCam>} engine
 * @property {(error: unknown) => void} fail
 */

/** Opens and closes as menus do: Escape and whatever is elsewhere close it. @param {HTMLDetailsElement} menu */
function behave(menu) {
  const summary = menu.querySelector('summary');
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    summary?.focus();
  });
  menu.addEventListener('focusout', ({ relatedTarget }) => {
    if (relatedTarget instanceof Node && !menu.contains(relatedTarget)) menu.open = false;
  });
  addEventListener('pointerdown', ({ target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.open = false;
  });
}

/**
 * What speaks for the predicted class rather than for the expected one; without one, for the second best.
 *
 * @param {State} state
 * @param {GradCam} cam
 * @param {AbortSignal} signal
 */
function compare({ shown, expected }, cam, signal) {
  if (!shown?.photo || !shown.result) return null;
  const { predictions, map } = shown.result.explanation;
  const rival = rivalOf(predictions, expected);
  return rival === null ? null : cam.compare(shown.photo, { expected: rival, layer: map.layer, signal });
}

/**
 * @param {Actions} actions
 * @returns {(state: State, disabled: boolean) => void}
 */
export function createSaveMenu({ engine, fail }) {
  const menu = element('more-saves', HTMLDetailsElement);
  const field = element('link-field', HTMLInputElement);
  const status = element('more-saves-status', HTMLElement);
  const task = new Task();
  /** @type {State | null} */
  let last = null;
  /** @type {State['shown']} */
  let shown = null;
  behave(menu);

  /**
   * @param {string} ending
   * @param {(state: State, cam: GradCam, signal: AbortSignal) => Promise<Blob>} make
   */
  function save(ending, make) {
    const subject = last?.shown;
    if (!last || !subject?.result) return;
    // Later changes are for later files.
    const state = { ...last, shown: { ...subject } };
    const name = fileName(subject, ending);
    field.hidden = true;
    write(status, 'Preparing the file…');
    void task.run(name, async (signal) => make(state, await engine(), signal), {
      done(blob) {
        download(blob, name);
        write(status, `Saved as ${name}.`);
      },
      failed(error) {
        write(status, '');
        fail(error);
      },
    });
  }

  /** @param {State} state @param {GradCam} cam @param {AbortSignal} signal */
  const figure = async (state, cam, signal) => layOut(state, cam, await compare(state, cam, signal));

  const buttons = {
    'save-figure-png': () =>
      save('_figure.png', async (state, cam, signal) => pngOfFigure(await figure(state, cam, signal))),
    'save-figure-svg': () =>
      save('_figure.svg', async (state, cam, signal) => svgOf(await figure(state, cam, signal))),
    'save-bundle': () => save('_evidence.zip', bundleOf),
    'copy-link': copyLink,
  };
  const all = Object.entries(buttons).map(([id, act]) => {
    const button = element(id, HTMLButtonElement);
    button.addEventListener('click', act);
    return button;
  });

  async function copyLink() {
    if (!last) return;
    task.stop();
    const link = new URL(location.href);
    link.search = '';
    link.hash = linkOf(last);
    field.value = link.href;
    try {
      await navigator.clipboard.writeText(link.href);
      field.hidden = true;
      write(status, 'Link copied.');
    } catch {
      // Browsers may refuse, and have no clipboard at all where the page is not secure.
      field.hidden = false;
      field.focus();
      field.select();
      write(status, 'The browser did not allow copying: copy the link from here.');
    }
  }

  return (state, disabled) => {
    last = state;
    // The camera's picture is another one before anything of it is ready.
    for (const button of all) button.disabled = disabled || Boolean(state.live);
    const other = state.shown !== shown;
    if (!other && !(state.busy && task.busy)) return;
    // The engine has the page's own question to answer first.
    write(status, task.busy ? 'Not saved: something else was asked for meanwhile.' : '');
    task.stop();
    shown = state.shown;
    if (other) field.hidden = true;
  };
}
