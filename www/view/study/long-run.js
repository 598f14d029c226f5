// A long computation about the map on the screen, on demand: its button, which also stops it, its progress, and the words
// for what became of it. What was computed stays, and says of which map it is.

import { element, write } from '../element.js';
import { mapWords } from '../methods.js';
import { keyOfClass, studied } from './subject.js';
import { Task } from './task.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {NonNullable<ReturnType<typeof studied>>} Subject */

/**
 * @template D
 * @typedef {object} Run
 * @property {string} key which map it is of
 * @property {string} of the same in words
 * @property {number} done steps
 * @property {number} total
 * @property {boolean} finished
 * @property {string | null} error
 * @property {D} data what was found
 */

/** Of one and the same map. @param {Subject} subject */
function keyOf({ photo, result }) {
  const { map } = result.explanation;
  return `${keyOfClass(photo, result)} ${map.method} ${map.layer}`;
}

/**
 * @template D
 * @param {object} parts
 * @param {string} parts.prefix of the elements' names in index.html
 * @param {string} parts.unit what is counted
 * @param {string} parts.begin what the button says
 * @param {() => Promise<GradCam>} parts.engine
 * @param {(error: unknown) => string} parts.sentence
 * @param {(subject: Subject) => D} parts.fresh
 * @param {(cam: GradCam, subject: Subject, data: D, signal: AbortSignal, tell: (done: number, total: number) => void)
 *   => Promise<void>} parts.compute fills `data`
 * @param {(run: Run<D>, state: State) => void} parts.show
 * @returns {(state: State) => void}
 */
export function createLongRun({ prefix, unit, begin, engine, sentence, fresh, compute, show }) {
  const button = element(`${prefix}-run`, HTMLButtonElement);
  const bar = element(`${prefix}-bar`, HTMLProgressElement);
  const count = element(`${prefix}-count`, HTMLElement);
  const line = element(`${prefix}-state`, HTMLElement);
  const result = element(`${prefix}-result`, HTMLElement);
  const task = new Task({ long: true });
  /** @type {State | null} */
  let last = null;
  /** @type {Run<D> | null} */
  let run = null;

  button.addEventListener('click', () => {
    if (task.busy) task.stop();
    else start();
    draw();
  });

  function start() {
    const subject = last && studied(last);
    if (!subject?.current) return;
    const of = `${mapWords(subject.result)}, ${subject.name}`;
    const mine = {
      key: keyOf(subject),
      of,
      done: 0,
      total: 0,
      finished: false,
      error: null,
      data: fresh(subject),
    };
    run = mine;
    const tell = (/** @type {number} */ done, /** @type {number} */ total) => {
      Object.assign(mine, { done, total });
      draw();
    };
    const work = async (/** @type {AbortSignal} */ signal) =>
      compute(await engine(), subject, mine.data, signal, tell);
    void task.run(mine.key, work, {
      done() {
        mine.finished = true;
        draw();
      },
      failed(error) {
        Object.assign(mine, { error: sentence(error) });
        draw();
      },
    });
  }

  /** What became of it. @param {Run<D>} run @param {boolean} current whether it is of the map on the screen */
  function words({ of, done, total, finished, error }, current) {
    const other = current ? '' : `Of another map: ${of}. `;
    if (error) return other + error;
    if (finished) return other + (current ? `Done for ${of}.` : '');
    if (task.busy) return '';
    return `${other}Stopped ${done > 0 ? `after ${done} of ${total} ${unit}` : 'before the first result'}.`;
  }

  function draw() {
    if (!last || last.tab !== 'trust') return;
    const subject = studied(last);
    const current = Boolean(run && subject && run.key === keyOf(subject));
    const settled = !task.busy && run && (run.error || !run.finished || !current);
    write(
      button,
      task.busy ? 'Stop' : run?.error && current ? 'Try again' : settled && current ? 'Start again' : begin,
    );
    button.disabled = !task.busy && !subject?.current;
    bar.hidden = !task.busy;
    write(count, task.busy && run?.total ? `${run.done} of ${run.total}` : '');
    if (run?.total) {
      bar.max = run.total;
      bar.value = run.done;
    } else {
      bar.removeAttribute('value');
    }
    result.hidden = !run;
    if (!run) return;
    write(line, words(run, current));
    result.classList.toggle('stale', !current);
    result.setAttribute('aria-busy', String(task.busy));
    show(run, last);
  }

  return (state) => {
    last = state;
    // Nobody looks: the engine is for what is on the screen.
    if (state.tab !== 'trust') task.stop();
    draw();
  };
}
