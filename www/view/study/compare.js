// "Why not another class?": the network's answer against the one it should have given, at the layer of the page.

import { Scores } from '../../engine/scores.js';
import { createClassList } from '../class-list.js';
import { element, write } from '../element.js';
import { percent } from '../format.js';
import { LEGEND_COLORS } from '../legend.js';
import { createCompareMaps, MAP_SIZE } from './compare-maps.js';
import { spread, sum } from './compare-words.js';
import { numberOf, Task } from './task.js';

/** @typedef {import('../../gradcam.js').Comparison} Comparison */
/** @typedef {import('../../gradcam.js').Photo} Photo */
/** @typedef {import('../../gradcam.js').ClassScore} ClassScore */
/** @typedef {import('../state.js').State} State */
/** @typedef {Pick<import('./compare-maps.js').Drawing, 'comparison' | 'heats' | 'ends' | 'legend'>} Pictures */

/**
 * What is compared with what.
 *
 * @param {State} state
 * @param {number | null} rival the runner-up, where the network was right and is compared with that
 */
function subjectOf({ shown, incoming, live, expected, expectedFrom }, rival) {
  const { photo, result } = shown ?? {};
  if (!photo || !result || live) return null;
  const { predictions, logits } = result.explanation;
  const [predicted, runnerUp] = predictions;
  const right = expected === predicted.index;
  const target = right ? rival : expected;
  // The one that was expected may be a class of another network than the one that answered.
  const other =
    target !== null && target < logits.length ? new Scores(logits, result.model).of(target) : null;
  return {
    photo,
    result,
    layer: result.settings.layer,
    choice: result.choice,
    predicted,
    runnerUp: runnerUp ?? null,
    right,
    other,
    told: expectedFrom === 'folder' ? ', from the folder’s name' : '',
    current: !incoming,
  };
}

/** @param {NonNullable<ReturnType<typeof subjectOf>>} subject */
function question({ predicted, right, other, told }) {
  const said = `The network says “${predicted.label}” (${percent(predicted.probability)})`;
  if (right) return `${said}, and that is right${told}.`;
  if (!other) return `${said}. What should it have said?`;
  return `${said}. It should have been “${other.label}” (${percent(other.probability)})${told}.`;
}

/**
 * @param {object} needs
 * @param {() => Promise<import('../../gradcam.js').GradCam>} needs.engine
 * @param {(target: number) => void} needs.expect
 * @param {(error: unknown) => string} needs.sentence
 * @returns {(state: State) => void}
 */
export function createCompare({ engine, expect, sentence }) {
  const line = element('compare-question', HTMLElement);
  const choices = element('compare-choices', HTMLElement);
  const runnerUp = element('compare-runner-up', HTMLButtonElement);
  const others = element('compare-classes', HTMLDetailsElement);
  const othersTitle = element('compare-classes-title', HTMLElement);
  const failed = element('compare-failed', HTMLElement);
  const failedText = element('compare-failed-text', HTMLElement);
  const body = element('compare', HTMLElement);
  const own = element('compare-own', HTMLInputElement);
  const method = element('compare-method', HTMLElement);
  const sumBox = element('compare-sum', HTMLElement);
  const spreadLine = element('compare-spread', HTMLElement);
  const introduction = line.textContent ?? '';
  const drawMaps = createCompareMaps(
    element('compare-maps', HTMLElement),
    element('compare-place', HTMLElement),
  );
  const renderList = createClassList(element('compare-list', HTMLElement), {
    id: 'expected',
    label: 'Class that it should have been',
    choose(target) {
      expect(target);
      others.open = false;
      othersTitle.focus();
    },
  });
  const task = new Task();
  /** @type {State | null} */
  let last = null;
  /** The runner-up that a right answer is compared with. @type {{ photo: Photo, index: number } | null} */
  let rival = null;
  /** @type {{ key: string, comparison: Comparison } | null} */
  let kept = null;
  /** @type {{ key: string, pictures: Pictures } | null} */
  let done = null;
  /** @type {import('./compare-maps.js').Drawing | null} */
  let drawing = null;

  /**
   * @param {string} key of the comparison
   * @param {{ photo: Photo, layer: string, predicted: ClassScore }} subject
   * @param {number} expected
   * @param {AbortSignal} signal
   * @returns {Promise<Pictures>}
   */
  async function work(key, { photo, layer, predicted }, expected, signal) {
    const cam = await engine();
    if (kept?.key !== key) {
      const options = { predicted: predicted.index, expected, layer, signal };
      kept = { key, comparison: await cam.compare(photo, options) };
    }
    const { comparison } = kept;
    const { maps, range } = comparison;
    const end = (/** @type {keyof typeof maps} */ role) =>
      own.checked ? Math.max(Math.abs(maps[role].minimum), Math.abs(maps[role].maximum)) : range;
    const ends = { predicted: end('predicted'), expected: end('expected'), margin: end('margin') };
    const paint = (/** @type {keyof typeof maps} */ role) =>
      cam.paint(maps[role], {
        scale: 'signed',
        range: ends[role] || undefined,
        width: MAP_SIZE,
        height: MAP_SIZE,
      });
    const [predictedHeat, expectedHeat, margin, legend] = await Promise.all([
      paint('predicted'),
      paint('expected'),
      paint('margin'),
      cam.legend({ scale: 'signed', count: LEGEND_COLORS }),
    ]);
    return { comparison, heats: { predicted: predictedHeat, expected: expectedHeat, margin }, ends, legend };
  }

  /** @param {Pictures} pictures @param {Photo} photo @param {boolean} right */
  function show(pictures, photo, right) {
    const { opacity, model } = /** @type {State} */ (last);
    const wanted = right ? 'the runner-up' : 'expected';
    const { crop } = photo;
    const same =
      drawing?.heats === pictures.heats && drawing.opacity === opacity && drawing.wanted === wanted;
    if (!same) drawing = { ...pictures, crop, opacity, wanted };
    if (!drawing || !model) return;
    if (!same) {
      sumBox.replaceChildren(...sum(pictures.comparison, model));
      write(spreadLine, spread(pictures.comparison));
    }
    const scales = own.checked
      ? 'Each on its own scale: their colours cannot be compared.'
      : 'All three on one scale.';
    write(method, `HiResCAM at ${pictures.comparison.maps.margin.layer}. ${scales}`);
    drawMaps(drawing);
  }

  function draw(opening = false) {
    if (!last) return;
    const subject = subjectOf(last, rival?.photo === last.shown?.photo ? (rival?.index ?? null) : null);
    choices.hidden = !subject;
    if (!subject || last.tab !== 'compare') {
      task.reset();
      body.hidden ||= !subject;
      failed.hidden = true;
      if (!subject) write(line, introduction);
      return;
    }
    const { photo, layer, choice, result, other, right, current } = subject;
    write(line, question(subject));
    choices.classList.toggle('stale', !current);
    runnerUp.hidden = !subject.runnerUp;
    if (subject.runnerUp) {
      const { label, probability, index } = subject.runnerUp;
      const words = `${label}, the second best (${percent(probability)})`;
      write(runnerUp, right ? `Compare with ${words}` : words);
      runnerUp.setAttribute('aria-pressed', String(other?.index === index));
    }
    if (others.open || opening) renderList(result, last.expected);

    body.hidden = !other;
    if (!other) {
      task.reset();
      failed.hidden = true;
      return;
    }
    const key = `${numberOf(photo)} ${other.index} ${layer} ${numberOf(choice)}`;
    const scaled = `${key} ${own.checked}`;
    if (done?.key === scaled) {
      task.reset();
      show(done.pictures, photo, right);
    } else if (current && task.key !== scaled) {
      failed.hidden = true;
      void task.run(scaled, (signal) => work(key, subject, other.index, signal), {
        done(pictures) {
          done = { key: scaled, pictures };
          draw();
        },
        failed(error) {
          write(failedText, sentence(error));
          failed.hidden = false;
          draw();
        },
      });
    }
    body.classList.toggle('stale', done?.key !== scaled || !current);
    body.setAttribute('aria-busy', String(task.busy));
  }

  runnerUp.addEventListener('click', () => {
    const subject = last && subjectOf(last, null);
    if (!subject?.runnerUp) return;
    if (!subject.right) return expect(subject.runnerUp.index);
    rival = { photo: subject.photo, index: subject.runnerUp.index };
    draw();
  });
  // The list is filled by the time it opens: word of that comes only afterwards, when somebody may be typing already.
  othersTitle.addEventListener('click', () => draw(true));
  others.addEventListener('toggle', () => draw());
  own.addEventListener('change', () => draw());
  element('compare-retry', HTMLButtonElement).addEventListener('click', () => {
    task.reset();
    draw();
  });

  return (state) => {
    last = state;
    draw();
  };
}
