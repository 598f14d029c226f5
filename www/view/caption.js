// Says what the picture shows: the verdict under it, the file's name, and the words that stand for the canvas.

import { element, write } from './element.js';
import { methodName, number, percent, place } from './format.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Subject} Subject */
/** @typedef {import('../gradcam.js').Explanation} Explanation */

/** @param {Explanation} explanation */
function verdict({ predictions: [best], target }) {
  const answer = `“${best.label}” (${percent(best.probability)})`;
  if (target.index === best.index) return `The network says ${answer}.`;
  return `Map for “${target.label}” (${percent(target.probability)}); the network says ${answer}.`;
}

/** @param {Explanation} explanation */
function peak({ map, geometry }) {
  if (map.blank)
    return `Nothing argues for this class here: no value is above zero (highest ${number(map.maximum)}).`;
  const [width, height] = geometry.photo;
  return `Strongest ${place(map.peak.x / width, map.peak.y / height)}.`;
}

/**
 * @param {Subject} subject
 * @param {State['view']} view
 */
function description({ name, photo, result }, view) {
  if (!photo || !result) return `Photo ${name}, without a heatmap yet.`;
  const { map, target } = result.explanation;
  const what =
    view === 'panels' ? 'Three panels of the photo, the heatmap and both together' : 'Heatmap over the photo';
  return `${what}, ${name}: ${methodName(map.method)} for “${target.label}” at ${map.layer}. ${peak(result.explanation)}`;
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
    canvas.setAttribute('aria-label', subject ? description(subject, state.view) : 'No photo yet.');
    if (result) {
      write(sentence, verdict(result.explanation));
      write(status, `${verdict(result.explanation)} ${peak(result.explanation)}`);
    } else if (state.busy || state.loading) {
      write(sentence, state.loading ? 'Getting the model ready…' : 'Looking at the photo…');
    } else {
      write(sentence, subject ? 'Not explained yet.' : 'No photo yet.');
    }
  };
}
