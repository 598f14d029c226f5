// Three maps of one comparison side by side, over what the network saw: the predicted class's, the expected one's, and
// that of the margin. A place pointed at in one is marked in all.

import { removeColors } from '../../save/canvas.js';
import { cellAt, watchCells } from '../cell-cursor.js';
import { write } from '../element.js';
import { logit, number, percent, signed } from '../format.js';
import { LEGEND_COLORS } from '../legend.js';
import { surface } from '../picture.js';

/** @typedef {import('../../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../../gradcam.js').Comparison} Comparison */
/** @typedef {import('../state.js').Place} Place */
/** @typedef {import('../state.js').Means} Means */
/** @typedef {'predicted' | 'expected' | 'margin'} Role */

/**
 * What is drawn: a comparison, and the pictures made of it.
 *
 * @typedef {object} Drawing
 * @property {Comparison} comparison
 * @property {Record<Role, ImageData>} heats
 * @property {Record<Role, number>} ends the values at the ends of their scales
 * @property {ImageData} legend
 * @property {ImageData} crop
 * @property {number} opacity
 * @property {string} wanted what the second class is: expected, or the runner-up
 */

/** @type {Role[]} */
const ROLES = ['predicted', 'expected', 'margin'];

/** Pixels of a map's side. */
export const MAP_SIZE = 448;

/** @param {string} tag @param {string} className */
function made(tag, className) {
  const element = document.createElement(tag);
  element.className = className;
  return element;
}

/** @param {Role} role */
function createFigure(role) {
  const figure = made('div', 'compare-figure');
  figure.setAttribute('role', 'group');
  const field = made('div', 'compare-map');
  const picture = document.createElement('canvas');
  picture.width = MAP_SIZE;
  picture.height = MAP_SIZE;
  picture.setAttribute('role', 'img');
  const mark = made('span', 'cell');
  mark.hidden = true;
  field.append(picture, mark);
  // One of them is enough for the keys; the others take the focus from a click alone.
  field.tabIndex = role === 'margin' ? 0 : -1;
  if (role === 'margin') {
    field.setAttribute('role', 'application');
    field.setAttribute('aria-label', 'Places in the margin map');
    field.setAttribute('aria-describedby', 'places-help');
  }
  const words = made('div', 'compare-figure-words');
  const title = made('h3', 'compare-figure-title');
  title.id = `compare-${role}-title`;
  figure.setAttribute('aria-labelledby', title.id);
  const detail = made('p', 'hint');
  const meaning = made('p', 'compare-meaning');
  const colors = document.createElement('canvas');
  colors.width = LEGEND_COLORS;
  colors.height = 1;
  colors.setAttribute('aria-hidden', 'true');
  const ticks = made('p', 'compare-ticks');
  const [low, middle, high] = [0, 1, 2].map(() => ticks.appendChild(document.createElement('span')));
  middle.textContent = '0';
  const extent = made('p', 'compare-extent');
  words.append(title, detail, meaning, colors, ticks, extent);
  figure.append(field, words);
  return { figure, field, picture, mark, title, detail, meaning, colors, low, high, extent };
}

/** @param {ClassMap} map */
function extent({ minimum, maximum, blank }) {
  const range = `Values run from ${number(minimum)} to ${number(maximum)}`;
  return blank ? `${range}: none is above zero.` : `${range}.`;
}

/**
 * @param {HTMLElement} root is filled
 * @param {HTMLElement} reading says what a place says
 * @returns {(drawing: Drawing) => void}
 */
export function createCompareMaps(root, reading) {
  const figures = ROLES.map((role) => ({ role, ...createFigure(role) }));
  root.append(...figures.map(({ figure }) => figure));
  const invitation = reading.textContent ?? '';
  /** @type {Drawing | null} */
  let last = null;

  /** @param {Place | null} place @param {Means} by */
  function read(place, by) {
    if (!last) return;
    const { maps, predicted, expected } = last.comparison;
    const { width, height } = maps.margin;
    const cell = place && place !== 'outside' ? cellAt(place, maps.margin) : null;
    for (const { mark } of figures) {
      mark.hidden = !cell;
      if (!cell) continue;
      mark.style.left = `${(100 * cell.column) / width}%`;
      mark.style.top = `${(100 * cell.row) / height}%`;
      mark.style.width = `${100 / width}%`;
      mark.style.height = `${100 / height}%`;
    }
    // Every cell that a pointer passes would be too much to listen to.
    reading.setAttribute('aria-live', by === 'keys' ? 'polite' : 'off');
    if (!cell) {
      write(reading, invitation);
      return;
    }
    const [p, t, margin] = ROLES.map((role) => signed(maps[role].values[cell.row * width + cell.column]));
    write(
      reading,
      `Row ${cell.row + 1}, column ${cell.column + 1}: ${p} for ${predicted.label}, ${t} for ${expected.label}, ` +
        `margin ${margin}.`,
    );
  }

  for (const { field } of figures) {
    watchCells(field, {
      grid: () => last?.comparison.maps.margin ?? null,
      start: () => last?.comparison.maps.margin.peak ?? { row: 0, column: 0 },
      at: (x, y) => ({ x: Math.max(x, 0) / field.clientWidth, y: Math.max(y, 0) / field.clientHeight }),
      point: read,
    });
  }

  return (drawing) => {
    if (drawing === last) return;
    const { comparison, heats, ends, legend, crop, opacity, wanted } = drawing;
    if (comparison !== last?.comparison) read(null, 'pointer');
    last = drawing;
    const { maps, predicted, expected } = comparison;
    for (const { role, picture, title, detail, meaning, colors, low, high, extent: range } of figures) {
      const context = picture.getContext('2d');
      if (context) {
        context.imageSmoothingQuality = 'high';
        context.drawImage(surface(crop), 0, 0, MAP_SIZE, MAP_SIZE);
        removeColors(context);
        context.globalAlpha = opacity;
        context.drawImage(surface(heats[role]), 0, 0, MAP_SIZE, MAP_SIZE);
        context.globalAlpha = 1;
      }
      colors.getContext('2d')?.putImageData(legend, 0, 0);
      write(low, `−${number(ends[role])}`);
      write(high, `+${number(ends[role])}`);
      write(range, extent(maps[role]));
      if (role === 'margin') {
        write(title, 'The margin');
        write(
          detail,
          `${predicted.label} less ${expected.label}: logits ${signed(predicted.logit - expected.logit)}`,
        );
        write(meaning, `for ${expected.label} ← 0 → for ${predicted.label}, in logit units`);
      } else {
        const prediction = comparison[role];
        write(title, prediction.label);
        const part = role === 'predicted' ? 'predicted' : wanted;
        write(detail, `${part}: ${percent(prediction.probability)}, logit ${logit(prediction.logit)}`);
        write(meaning, 'against it ← 0 → for it, in logit units');
      }
      const { peak } = maps[role];
      picture.setAttribute(
        'aria-label',
        `${title.textContent}: HiResCAM at ${maps[role].layer} over what the network saw. ${range.textContent} ` +
          `Strongest in row ${peak.row + 1}, column ${peak.column + 1} of ${maps[role].height} × ${maps[role].width}.`,
      );
    }
  };
}
