// Small maps over what the network saw: painted by the engine, put together here.

/** @typedef {import('../../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../state.js').State} State */

/** Pixels along a side: those of the crop, so that nothing is scaled twice. */
export const THUMBNAIL = 224;

/**
 * The map in colours, in the size of a thumbnail.
 *
 * @param {GradCam} cam
 * @param {ClassMap} map
 * @param {Pick<State['settings'], 'colors' | 'scale'>} settings
 */
export function paintThumbnail(cam, map, { colors, scale }) {
  return cam.paint(map, { colors, scale, width: THUMBNAIL, height: THUMBNAIL });
}

/** @type {WeakMap<HTMLCanvasElement, unknown[]>} */
const drawn = new WeakMap();

/**
 * Draws only what is not there already.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ImageData} crop
 * @param {ImageData | null} heat
 * @param {number} opacity
 */
export function drawThumbnail(canvas, crop, heat, opacity) {
  const wanted = [crop, heat, heat && opacity];
  if (wanted.every((value, index) => value === drawn.get(canvas)?.[index])) return;
  drawn.set(canvas, wanted);
  canvas.width = crop.width;
  canvas.height = crop.height;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.putImageData(crop, 0, 0);
  if (!heat) return;
  const layer = new OffscreenCanvas(heat.width, heat.height);
  layer.getContext('2d')?.putImageData(heat, 0, 0);
  context.globalAlpha = opacity;
  context.drawImage(layer, 0, 0, crop.width, crop.height);
  context.globalAlpha = 1;
}

/** @returns {HTMLCanvasElement} for a picture whose words stand beside it */
export function createThumbnail() {
  const canvas = document.createElement('canvas');
  canvas.width = THUMBNAIL;
  canvas.height = THUMBNAIL;
  canvas.setAttribute('aria-hidden', 'true');
  return canvas;
}
