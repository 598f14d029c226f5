// What if this were not there? A part of what the network saw is painted over, and the network looks again; and once
// more with as much erased elsewhere, so that one sees whether it is the place or just the erasing.

import { element, write } from '../element.js';
import { numberOf, Task } from './task.js';
import { createOutcome } from './what-if-outcome.js';
import { createPainter } from './what-if-painter.js';
import { whatIf } from './what-if-run.js';

/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../../gradcam.js').Photo} Photo */
/** @typedef {import('../../gradcam.js').Fill} Fill */
/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Result} Result */
/** @typedef {import('./what-if-run.js').Answer} Answer */

/**
 * What there is to study.
 *
 * @param {State} state
 * @returns {{ photo: Photo, result: Result } | null}
 */
function subjectOf({ shown, incoming, live }) {
  if (!shown?.photo || !shown.result || incoming || live) return null;
  return { photo: shown.photo, result: shown.result };
}

/** @param {State} state */
function emptyText({ live, error, model }) {
  if (live) return 'Stop watching live to try this on a photo that stands still.';
  if (error && !model) return 'This needs the model, which has not been loaded.';
  return 'As soon as a photo is explained, parts of it can be erased here, to see what the network says then.';
}

/**
 * @param {object} actions
 * @param {() => Promise<GradCam>} actions.engine
 * @param {(error: unknown) => string} actions.sentence
 * @returns {(state: State) => void}
 */
export function createWhatIf({ engine, sentence }) {
  const panel = element('panel-what-if', HTMLElement);
  const empty = element('what-if-empty', HTMLElement);
  const workshop = element('what-if', HTMLElement);
  const outcome = element('what-if-outcome', HTMLElement);
  const working = element('what-if-busy', HTMLElement);
  const trouble = element('what-if-trouble', HTMLElement);
  const troubleText = element('what-if-trouble-text', HTMLElement);
  const fills = /** @type {NodeListOf<HTMLInputElement>} */ (
    panel.querySelectorAll('input[name="what-if-fill"]')
  );
  const shares = /** @type {NodeListOf<HTMLButtonElement>} */ (panel.querySelectorAll('[data-share]'));

  const painter = createPainter(panel, changed);
  const showOutcome = createOutcome();
  const task = new Task();
  const finding = new Task();
  /** @type {Fill} */
  let fill = 'blur';
  /** @type {State | null} */
  let last = null;
  /** @type {Photo | null} */
  let photo = null;
  /** @type {Result | null} */
  let result = null;
  /** The newest answer, and what it answers. @type {{ answer: Answer, key: string } | null} */
  let found = null;
  /** What is on the page. @type {unknown[]} */
  let drawn = [];

  for (const input of fills) {
    input.addEventListener('change', () => {
      fill = /** @type {Fill} */ (input.value);
      changed();
    });
  }
  for (const button of shares) {
    button.addEventListener('click', () => eraseHottest(Number(button.dataset.share)));
  }
  element('what-if-retry', HTMLButtonElement).addEventListener('click', () => {
    task.reset();
    changed();
  });

  /** @param {number} share of the crop */
  function eraseHottest(share) {
    const map = result?.explanation.map;
    if (!map) return;
    void finding.run('', async () => (await engine()).hottest(map, share), {
      done: painter.add,
      failed: fail,
    });
  }

  /** @param {unknown} error */
  function fail(error) {
    write(troubleText, sentence(error));
    trouble.hidden = false;
    changed();
  }

  function changed() {
    if (last) render(last);
  }

  /** @param {Photo} next */
  function take(next) {
    photo = next;
    found = null;
    drawn = [];
    trouble.hidden = true;
    task.reset();
    finding.reset();
    painter.take(next.crop);
  }

  /**
   * Has the network look again, where it has not been asked this already.
   *
   * @param {State} state
   * @param {Photo} photo
   * @param {Result} result
   * @returns {string} a key of what is wanted
   */
  function ask(state, photo, { explanation, settings: { layer, method }, choice }) {
    const { mask } = painter;
    const { target } = explanation;
    const objects = [photo, mask, choice].map(numberOf);
    const key = [...objects, target.index, layer, method, fill].join(' ');
    if (painter.empty || (state.busy && task.busy)) {
      // What is asked for above comes first; what is asked for here is asked again then.
      task.reset();
    } else if (!state.busy && key !== task.key) {
      trouble.hidden = true;
      const question = { photo, mask, fill, layer, method, target };
      void task.run(key, async (signal) => whatIf(await engine(), question, signal), {
        done(answer) {
          found = { answer, key };
          changed();
        },
        failed: fail,
      });
    }
    if (painter.empty) trouble.hidden = true;
    return key;
  }

  /** Says whether what is on the page is what is wanted. @param {string} key of that */
  function mark(key) {
    const awaited = !painter.empty && found?.key !== key;
    working.hidden = !task.busy;
    outcome.setAttribute('aria-busy', String(task.busy));
    outcome.classList.toggle('stale', awaited);
  }

  /**
   * @param {State} state
   * @param {Photo} photo
   * @param {Result} result
   * @param {string} key
   */
  function show({ expected, opacity }, { crop }, result, key) {
    const answer = painter.empty || found?.key !== key ? null : found.answer;
    const wanted = [result, answer, expected, opacity];
    const same = wanted.every((each, index) => each === drawn[index]);
    // What was said of another mask or class stays as it is, greyed, until there is an answer to this.
    if (same || (!painter.empty && !answer && drawn.length > 0)) {
      mark(key);
      return;
    }
    drawn = wanted;
    outcome.setAttribute('aria-busy', 'true');
    void engine()
      .then((cam) => showOutcome(cam, { result, crop, answer, expected, opacity }))
      .then((newest) => newest && mark(key));
  }

  /** @param {State} state */
  function render(state) {
    last = state;
    const subject = subjectOf(state);
    empty.hidden = Boolean(subject);
    workshop.hidden = !subject;
    write(empty, emptyText(state));
    if (!subject || state.tab !== 'what-if') {
      if (task.busy) task.reset();
      return;
    }
    if (subject.photo !== photo) take(subject.photo);
    if (subject.result !== result) {
      result = subject.result;
      painter.showMap(result.heat);
    }
    show(state, subject.photo, subject.result, ask(state, subject.photo, subject.result));
  }

  return render;
}
