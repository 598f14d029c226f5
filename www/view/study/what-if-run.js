// What the network makes of a photo with a part erased, and of the same photo with as much erased elsewhere.

import { overlapOf, shareOf } from './what-if-mask.js';

/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../../gradcam.js').Photo} Photo */
/** @typedef {import('../../gradcam.js').Prediction} Prediction */

/**
 * @typedef {object} Question
 * @property {Photo} photo
 * @property {import('../../gradcam.js').Mask} mask
 * @property {import('../../gradcam.js').Fill} fill
 * @property {string} layer
 * @property {import('../../gradcam.js').Method} method
 * @property {Prediction} target
 * @property {Prediction[]} predictions of the photo as it is, all of them
 */

/**
 * What the network saw, and said: of all classes, by their index.
 *
 * @typedef {{ crop: ImageData, map: import('../../gradcam.js').ClassMap, classes: Prediction[], best: Prediction }} Sight
 */

/**
 * `share` is that of the mask, `overlap` how much of the control lies in it all the same.
 *
 * @typedef {{ before: Prediction[], erased: Sight, control: Sight, share: number, overlap: number }} Answer
 */

/** @param {Prediction[]} predictions */
function byIndex(predictions) {
  return [...predictions].sort((a, b) => a.index - b.index);
}

/**
 * @param {GradCam} cam
 * @param {Question} question
 * @param {AbortSignal} signal
 * @returns {Promise<Answer>}
 */
export async function whatIf(cam, { photo, mask, fill, layer, method, target, predictions }, signal) {
  const topK = cam.model.labels.length;

  /** @param {import('../../gradcam.js').Mask} painted @returns {Promise<Sight>} */
  async function look(painted) {
    const changed = await cam.erase(photo, { mask: painted, fill, signal });
    const after = await cam.explain(changed, { layer, method, target: target.index, topK, signal });
    return {
      crop: changed.crop,
      map: after.map,
      classes: byIndex(after.predictions),
      best: after.predictions[0],
    };
  }

  const elsewhere = await cam.elsewhere(mask);
  const erased = await look(mask);
  const control = await look(elsewhere);
  return {
    before: byIndex(predictions),
    erased,
    control,
    share: shareOf(mask),
    overlap: overlapOf(mask, elsewhere),
  };
}
