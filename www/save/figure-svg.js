// Writes a figure as an SVG document: real text and embedded PNGs, and nothing from anywhere else.

import { FONT, INK, MUTED, PAPER } from './figure.js';

/** @typedef {import('./figure.js').Figure} Figure */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Characters that XML cannot say, which a file's name may have.
 *
 * @param {string} text
 */
function sayable(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

/**
 * @param {Document} document
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function make(document, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = sayable(text);
  return made;
}

/**
 * @param {Document} document
 * @param {import('./figure.js').Figure['parts'][number]} part
 */
function write(document, part) {
  if (part.kind === 'picture') {
    const { canvas, x, y, width, height } = part;
    const href = canvas.toDataURL('image/png');
    return make(document, 'image', { x, y, width, height, href, preserveAspectRatio: 'none' });
  }
  const { text, x, y, size, bold, muted, anchor } = part;
  return make(
    document,
    'text',
    {
      x,
      y,
      'font-size': size,
      'font-weight': bold ? 600 : 400,
      'text-anchor': anchor,
      fill: muted ? MUTED : INK,
    },
    text,
  );
}

/** @param {Figure} figure */
export function svgOf({ width, height, title, parts }) {
  const document = new Document();
  const root = make(document, 'svg', {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: 'img',
    'aria-labelledby': 'title',
    'font-family': FONT,
  });
  document.append(root);
  root.append(
    make(document, 'title', { id: 'title' }, title),
    make(document, 'rect', { width, height, fill: PAPER }),
    ...parts.map((part) => write(document, part)),
  );
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(document)}\n`;
  return new Blob([text], { type: 'image/svg+xml' });
}
