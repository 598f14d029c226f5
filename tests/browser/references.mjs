// What PyTorch says about the sample photos: the answers that the page is compared with.

import { readFileSync } from 'node:fs';
import { fromRoot } from './harness.mjs';
import { floats, split } from './safetensors.mjs';

export const PHOTOS = ['dahlia', 'cat', 'marigold', 'yellow-daisy', 'ladybird'];
export const MODEL = fromRoot('www/models/resnet18-flowers102.safetensors');
export const LABELS = /** @type {string[]} */ (
  JSON.parse(split(readFileSync(MODEL)).header.__metadata__.labels)
);

/** @param {string} photo */
export function photoPath(photo) {
  return fromRoot(`www/photos/${photo}.jpg`);
}

/** @param {ArrayLike<number>} values */
function indexOfLargest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/**
 * The predicted class, all logits, and the cell where the Grad-CAM map of layer4.1 is largest.
 * @param {string} photo
 */
export function reference(photo) {
  const file = readFileSync(fromRoot(`tests/fixtures/references/${photo}.safetensors`));
  const logits = floats(file, 'logits');
  const best = indexOfLargest(logits);
  const cell = indexOfLargest(floats(file, `layer4.1.${best}.gradcam`));
  return { logits, best, label: LABELS[best], peak: { row: Math.floor(cell / 7), column: cell % 7 } };
}
