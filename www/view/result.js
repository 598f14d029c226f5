// The pictures of an explanation: the map in colours as large as the photo's crop is shown, and the colours of its legend.

import { LEGEND_COLORS } from './legend.js';

/** @typedef {import('./state.js').State} State */

// Enough for smooth colours on a dense screen, whatever the size of the photo: four pixels per pixel the network saw.
const SMALLEST_HEAT = 896;

// Half of that where the next one takes its place at once.
const SMALLEST_LIVE_HEAT = 448;

/**
 * @param {import('../gradcam.js').GradCam} cam
 * @param {import('../gradcam.js').Photo} photo
 * @param {import('../gradcam.js').Explanation} explanation
 * @param {State['settings']} settings
 * @param {Pick<State, 'live' | 'shown'>} state what is on the page by now
 * @returns {Promise<Pick<import('./state.js').Result, 'heat' | 'legend'>>}
 */
export async function painted(cam, photo, { map }, { colors, scale }, { live, shown }) {
  const [, , cropWidth, cropHeight] = photo.geometry.crop;
  const smallest = live?.started ? SMALLEST_LIVE_HEAT : SMALLEST_HEAT;
  const size = Math.max((cropWidth * photo.image.width) / photo.geometry.photo[0], smallest);
  const width = Math.round(size);
  const height = Math.round((size * cropHeight) / cropWidth);
  const last = shown?.result;
  const sameColors = last?.settings.colors === colors && last.settings.scale === scale;
  const [heat, legend] = await Promise.all([
    cam.paint(map, { colors, scale, width, height }),
    sameColors ? last.legend : cam.legend({ colors, scale, count: LEGEND_COLORS }),
  ]);
  return { heat, legend };
}
