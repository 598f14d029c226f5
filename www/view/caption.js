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
 * @param {Subject | null} subject
 * @param {State} state
 */
function description(subject, { live, view }) {
  if (live?.started) return 'What the camera sees, with its heatmap, frame after frame.';
  if (!subject) return 'No photo yet.';
  const { name, photo, result } = subject;
  if (!photo || !result) return `Photo ${name}, without a heatmap yet.`;
  const { map, target } = result.explanation;
  const what =
    view === 'panels' ? 'Three panels of the photo, the heatmap and both together' : 'Heatmap over the photo';
  return `${what}, ${name}: ${methodName(map.method)} for “${target.label}” at ${map.layer}. ${peak(result.explanation)}`;
}

/**
 * What screen readers say by themselves: not every frame.
 *
 * @param {State} state
 * @param {Explanation | undefined} explanation
 */
function announcement({ live, choosing, asked }, explanation) {
  if (choosing && asked !== 'cpu') return 'Preparing the GPU…';
  if (live) return live.started ? 'Watching live. Escape stops.' : 'Waiting for the camera…';
  return explanation && `${verdict(explanation)} ${peak(explanation)}`;
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
    const announced = announcement(state, result?.explanation);
    if (announced) write(status, announced);
    if (result) {
      write(sentence, verdict(result.explanation));
    } else if (state.busy || state.loading) {
      write(sentence, state.loading ? 'Getting the model ready…' : 'Looking at the photo…');
    } else {
      write(sentence, subject ? 'Not explained yet.' : 'No photo yet.');
    }
  };
}
