// What the network makes of a photo with a part erased, and of the same photo with as much erased elsewhere.

import { Scores } from '../../engine/scores.js';
import { overlapOf, shareOf } from './what-if-mask.js';

/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../../gradcam.js').Photo} Photo */
/** @typedef {import('../../gradcam.js').ClassScore} ClassScore */

/**
 * @typedef {object} Question
 * @property {Photo} photo
 * @property {import('../../gradcam.js').Mask} mask
 * @property {import('../../gradcam.js').Fill} fill
 * @property {string} layer
 * @property {import('../../gradcam.js').Method} method
 * @property {ClassScore} target
 */

/**
 * What the network saw, and said.
 *
 * @typedef {{ crop: ImageData, map: import('../../gradcam.js').ClassMap, scores: Scores, best: ClassScore }} Sight
 */

/**
 * `share` is that of the mask, `overlap` how much of the control lies in it all the same.
 *
 * @typedef {{ erased: Sight, control: Sight, share: number, overlap: number }} Answer
 */

/**
 * @param {GradCam} cam
 * @param {Question} question
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function whatIf(cam, { photo, mask, fill, layer, method, target }, signal) {
  /** @param {import('../../gradcam.js').Mask} painted @returns {Promise<Sight>} */
  async function look(painted) {
    const changed = await cam.erase(photo, { mask: painted, fill, signal });
    const after = await cam.explain(changed, { layer, method, target: target.index, topK: 1, signal });
    return {
      crop: changed.crop,
      map: after.map,
      scores: new Scores(after.logits, cam.model),
      best: after.predictions[0],
    };
  }

  const elsewhere = await cam.elsewhere(mask);
  const erased = await look(mask);
  const control = await look(elsewhere);
  return {
    erased,
    control,
    share: shareOf(mask),
    overlap: overlapOf(mask, elsewhere),
  };
}
