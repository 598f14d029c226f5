// Says what the picture shows: the verdict under it, the file's name, and the words that stand for the canvas.

import { element, write } from './element.js';
import { number, percent, place } from './format.js';
import { blankWords, mapWords, methodOf } from './methods.js';
import { previewRemark } from './preview.js';
import { pictured } from './state.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Subject} Subject */
/** @typedef {import('./state.js').Result} Result */

/** @param {Result} result */
function verdict(result) {
  const {
    predictions: [best],
    target,
    map,
  } = result.explanation;
  const remark = previewRemark(result);
  if (remark) return `“${target.label}” (${percent(target.probability)}): ${remark}.`;
  const answer = `“${best.label}” (${percent(best.probability)})`;
  if (!methodOf(result.model, map.method).seesClass)
    return `The network says ${answer}; this map is of no class.`;
  if (target.index === best.index) return `The network says ${answer}.`;
  return `Map for “${target.label}” (${percent(target.probability)}); the network says ${answer}.`;
}

/** @param {Result} result */
function peak(result) {
  const { map, geometry } = result.explanation;
  if (map.blank)
    return `Blank, for ${blankWords(result)}: no value is above zero (highest ${number(map.maximum)}).`;
  const [width, height] = geometry.photo;
  return `Strongest ${place(map.peak.x / width, map.peak.y / height)}.`;
}

/**
 * @param {Subject | null} subject
 * @param {State} state
 */
function description(subject, state) {
  const { live, view } = state;
  if (live?.started) return 'What the camera sees, with its heatmap, frame after frame.';
  if (!subject) return 'No photo yet.';
  const { name, photo } = subject;
  const result = pictured(subject, state);
  if (!photo || !result) return `Photo ${name}, without a heatmap yet.`;
  const what =
    view === 'panels' ? 'Three panels of the photo, the heatmap and both together' : 'Heatmap over the photo';
  return `${what}, ${name}: ${mapWords(result)}. ${peak(result)}`;
}

/**
 * What screen readers say by themselves: not every frame.
 *
 * @param {State} state
 * @param {Result | null | undefined} result
 */
function announcement({ live, choosing, asked }, result) {
  if (choosing && asked !== 'cpu') return 'Preparing the GPU…';
  if (live) return live.started ? 'Watching live. Escape stops.' : 'Waiting for the camera…';
  return result && `${verdict(result)} ${peak(result)}`;
}

/** @returns {(state: State) => void} */
export function createCaption() {
  const canvas = element('canvas', HTMLCanvasElement);
  const sentence = element('verdict', HTMLElement);
  const name = element('file-name', HTMLElement);
  const caption = element('file-caption', HTMLElement);
  const status = element('status', HTMLElement);

  return (state) => {
    const subject = state.incoming ?? state.shown;
    const result = subject?.result;
    write(name, subject?.name ?? '');
    write(caption, subject?.caption ?? '');
    canvas.setAttribute('aria-label', description(subject, state));
    const announced = announcement(state, result);
    if (announced) write(status, announced);
    const drawn = pictured(subject, state);
    if (drawn) {
      write(sentence, verdict(drawn));
    } else if (state.busy || state.loading) {
      write(sentence, state.loading ? 'Getting the model ready…' : 'Looking at the photo…');
    } else {
      write(sentence, subject ? 'Not explained yet.' : 'No photo yet.');
    }
  };
}
