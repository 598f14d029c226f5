// Canvases that are never shown: what pictures are put together on before they become files.

/**
 * @param {number} width
 * @param {number} height
 */
export function createCanvas(width, height) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser has no memory left for another picture.');
  return { canvas, context };
}

/** @param {ImageData} pixels */
export function canvasOf(pixels) {
  const { canvas, context } = createCanvas(pixels.width, pixels.height);
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * Leaves the picture its brightness alone, so that red and blue are those of a map over it.
 *
 * @param {CanvasRenderingContext2D} context
 */
export function removeColors(context) {
  context.globalCompositeOperation = 'saturation';
  context.fillStyle = '#808080';
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.globalCompositeOperation = 'source-over';
}

/**
 * A picture with another over it, as large as it is.
 *
 * @param {ImageData} under
 * @param {ImageData} over
 * @param {number} opacity of what lies over it
 * @param {{ grey?: boolean }} [look] whether what lies under it loses its colours
 */
export function overlaid(under, over, opacity, { grey = false } = {}) {
  const { canvas, context } = createCanvas(under.width, under.height);
  context.putImageData(under, 0, 0);
  if (grey) removeColors(context);
  context.globalAlpha = opacity;
  context.drawImage(canvasOf(over), 0, 0, under.width, under.height);
  return canvas;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob>}
 */
export async function pngOf(canvas) {
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob instanceof Blob) return blob;
  throw new Error('This browser could not make a PNG of that size.');
}
