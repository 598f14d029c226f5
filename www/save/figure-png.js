// Draws a figure as a PNG, at twice its size.

import { createCanvas, pngOf } from './canvas.js';
import { FONT, INK, MUTED, PAPER } from './figure.js';

const SCALE = 2;

/** @type {Record<import('./figure.js').Line['anchor'], CanvasTextAlign>} */
const ALIGN = { start: 'left', middle: 'center', end: 'right' };

/** @param {import('./figure.js').Figure} figure */
export function pngOfFigure({ width, height, parts }) {
  const { canvas, context } = createCanvas(SCALE * width, SCALE * height);
  context.scale(SCALE, SCALE);
  context.imageSmoothingQuality = 'high';
  context.fillStyle = PAPER;
  context.fillRect(0, 0, width, height);
  for (const part of parts) {
    if (part.kind === 'picture') {
      context.drawImage(part.canvas, part.x, part.y, part.width, part.height);
      continue;
    }
    context.font = `${part.bold ? 600 : 400} ${part.size}px ${FONT}`;
    context.textAlign = ALIGN[part.anchor];
    context.fillStyle = part.muted ? MUTED : INK;
    context.fillText(part.text, part.x, part.y);
  }
  return pngOf(canvas);
}
