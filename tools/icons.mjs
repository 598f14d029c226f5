// Draws the icons of an installed page, which must be PNG, from www/icons/icon.svg: to be run when that changes.
//
//     node tools/icons.mjs

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { CHROMIUM_ARGUMENTS, findChromium } from './find-chromium.mjs';

/** Levels that nobody can tell apart: the browser dithers by as much, which makes its own PNG four times as large. */
const STEP = 4;

const browser = findChromium();
if (!browser) throw new Error('No Chromium or Chrome found: install one, or set CHROMIUM to its path.');

const folder = new URL('../www/icons/', import.meta.url);
const icon = readFileSync(new URL('icon.svg', folder), 'utf8');
// Systems that cut icons to a shape of their own want the colours up to the edge, and what matters within a circle of
// four fifths of the width.
const filled = replace(
  replace(icon, 'viewBox="0 0 32 32"', 'viewBox="-2 -2 36 36"'),
  '<rect x="1" y="1" width="30" height="30" rx="8"',
  '<rect x="-2" y="-2" width="36" height="36"',
);

/** @param {string} text @param {string} part @param {string} other */
function replace(text, part, other) {
  if (!text.includes(part)) throw new Error(`icon.svg has no ${part} any more: mend tools/icons.mjs.`);
  return text.replace(part, other);
}

/**
 * @param {string} svg
 * @param {number} size in pixels
 * @returns {Buffer} RGBA, row by row
 */
function draw(svg, size) {
  const page = `<!doctype html><body><script>
    const image = new Image(${size}, ${size});
    image.src = 'data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}';
    image.onload = () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: ${size}, height: ${size} });
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0, ${size}, ${size});
      const { data } = context.getImageData(0, 0, ${size}, ${size});
      document.body.textContent = 'pixels:' + btoa(Array.from(data, (byte) => String.fromCharCode(byte)).join(''));
    };
  </script>`;
  const address = `data:text/html;base64,${Buffer.from(page).toString('base64')}`;
  const html = execFileSync(
    /** @type {string} */ (browser),
    [...CHROMIUM_ARGUMENTS, '--virtual-time-budget=5000', '--dump-dom', address],
    { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const pixels = /pixels:([\w+/=]+)</.exec(html)?.[1];
  if (!pixels) throw new Error('The browser drew nothing.');
  return Buffer.from(pixels, 'base64');
}

/**
 * @param {Buffer} pixels RGBA, row by row
 * @param {number} size of a side
 */
function png(pixels, size) {
  const rows = Buffer.alloc(size * (1 + size * 4));
  pixels.forEach((value, index) => {
    const row = Math.floor(index / (size * 4));
    // Each row begins with the number of its filter, 0 for none.
    rows[index + row + 1] = index % 4 === 3 ? value : Math.min(Math.round(value / STEP) * STEP, 255);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // 8 bits for each of four channels.
  header.set([8, 6], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [data.length, crc32(body)].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  });
  return Buffer.concat([length, body, sum]);
}

/** @type {[string, string, number][]} */
const ICONS = [
  ['icon-192.png', icon, 192],
  ['icon-512.png', icon, 512],
  ['icon-maskable-512.png', filled, 512],
  ['apple-touch-icon.png', filled, 180],
];
for (const [name, svg, size] of ICONS) writeFileSync(new URL(name, folder), png(draw(svg, size), size));
