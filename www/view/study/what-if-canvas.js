// Draws what is painted on: the crop, the map faintly over it, what is painted over, and where the brush is.

/** @typedef {import('../../gradcam.js').Mask} Mask */

/**
 * @typedef {object} Painting
 * @property {HTMLCanvasElement} crop
 * @property {HTMLCanvasElement | null} heat
 * @property {Mask} mask
 * @property {import('./what-if-mask.js').Point | null} brush where it is
 * @property {number} radius of the brush, in pixels of the crop
 */

// Under the map the photo stays what is looked at.
const FAINT = 0.35;

// Stripes of two greys, so that what is painted over shows on any photo, and without any colour.
const STRIPES = [235, 150];
const STRIPE = 5;
const VEIL = 215;

/**
 * The mask as a picture, as large as the crop.
 *
 * @param {Mask} mask
 * @param {CanvasRenderingContext2D} context of the size of the crop
 */
function drawVeil(mask, context) {
  const side = context.canvas.width;
  const veil = new ImageData(side, side);
  mask.forEach((value, index) => {
    if (!value) return;
    const diagonal = Math.floor(((index % side) + Math.floor(index / side)) / STRIPE);
    const level = STRIPES[diagonal % 2];
    veil.data.set([level, level, level, VEIL], 4 * index);
  });
  context.putImageData(veil, 0, 0);
}

/** @param {HTMLCanvasElement} canvas */
export function createPainting(canvas) {
  const context = canvas.getContext('2d');
  const veil = document.createElement('canvas').getContext('2d');
  /** @type {Mask | null} */
  let veiled = null;
  let cells = 0;

  /** @param {Painting} painting */
  return ({ crop, heat, mask, brush, radius }) => {
    if (!context || !veil) return;
    const { width } = canvas;
    context.imageSmoothingQuality = 'high';
    context.drawImage(crop, 0, 0, width, width);
    if (heat) {
      context.globalAlpha = FAINT;
      context.drawImage(heat, 0, 0, width, width);
      context.globalAlpha = 1;
    }
    // A mask under the brush is the same one with more in it.
    const painted = mask.reduce((sum, value) => sum + value, 0);
    if (mask !== veiled || painted !== cells) {
      if (veil.canvas.width !== crop.width) veil.canvas.width = veil.canvas.height = crop.width;
      drawVeil(mask, veil);
      veiled = mask;
      cells = painted;
    }
    context.drawImage(veil.canvas, 0, 0, width, width);
    if (!brush) return;
    const scale = width / crop.width;
    for (const [color, line] of /** @type {[string, number][]} */ ([
      ['rgb(0 0 0 / 0.7)', 6],
      ['#fff', 2.5],
    ])) {
      context.beginPath();
      context.arc(brush.x * scale, brush.y * scale, radius * scale, 0, 2 * Math.PI);
      context.strokeStyle = color;
      context.lineWidth = line;
      context.stroke();
    }
  };
}
