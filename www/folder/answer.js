// What is kept of a photo once a network has answered: what is shown of it, and nothing else, so that thousands fit.

import { GradCamError } from '../gradcam.js';

/** @typedef {import('../gradcam.js').ClassScore} ClassScore */
/** @typedef {import('../gradcam.js').Spread} Spread */
/** @typedef {import('../gradcam.js').Survey} Survey */

/**
 * @typedef {object} Answered
 * @property {ClassScore} predicted
 * @property {ClassScore | null} expected what the network says of the class that it should be, where that is known
 * @property {boolean | null} right null where that is not known
 * @property {number} margin by which the predicted class leads, in logits
 * @property {Spread} spread of the predicted class's map
 * @property {boolean} blank whether nothing of that map is above zero
 * @property {Blob | null} overlay a small picture; null where the browser could not make it
 */

/** @typedef {Answered | { error: string }} Answer what is wrong with the photo, as a sentence, if it has no answer */

/** Of the small pictures, as JPEG: some kilobytes each. */
const QUALITY = 0.82;

/** Pixels along a side of them. */
export const OVERLAY = 192;

const LOST = 'The file could not be read. It may have been moved, renamed or deleted.';

/** Whether there is an answer. @param {Answer | null} answer @returns {answer is Answered} */
export function isAnswered(answer) {
  return answer !== null && !('error' in answer);
}

/** @param {Survey} survey @returns {Promise<Answered>} */
export async function answerOf({ explanation, expected, margin, spread, overlay }) {
  const { target: predicted, map } = explanation;
  return {
    predicted,
    expected,
    right: expected && expected.index === predicted.index,
    margin,
    spread,
    blank: map.blank,
    overlay: await pictureOf(overlay).catch(() => null),
  };
}

/** @param {ImageData} pixels */
function pictureOf(pixels) {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY });
}

/**
 * Whether it may be no fault of the photo's: of a worker that broke down, or a network that was exchanged meanwhile.
 *
 * @param {unknown} error
 */
export function isPassing(error) {
  return error instanceof GradCamError && ['internal', 'out-of-memory', 'aborted'].includes(error.code);
}

/** What a photo's row says in place of an answer. @param {unknown} error */
export function failureOf(error) {
  // Browsers have words of their own for files that are gone, which tell nobody anything.
  const own = error instanceof GradCamError && typeof error.code === 'string';
  return { error: own ? error.message : LOST };
}
