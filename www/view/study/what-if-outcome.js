// Shows what the erasing did: a sentence, three pictures with their maps on one scale, and a table.

import { overlaid } from '../../save/canvas.js';
import { element, write } from '../element.js';
import { number, percent } from '../format.js';
import { classRows, marginRow, sentence } from './what-if-words.js';

/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../state.js').Result} Result */
/** @typedef {import('./what-if-run.js').Answer} Answer */

/**
 * @typedef {object} Outcome
 * @property {Result} result of the photo as it is
 * @property {ImageData} crop
 * @property {Answer | null} answer
 * @property {number | null} expected
 * @property {number} opacity
 */

const NAMES = ['As it is', 'Erased', 'Control'];

/**
 * Colours that mean the same in all maps. Min–max has no such: each map would be stretched by itself.
 *
 * @param {Result} result
 * @param {ClassMap[]} maps
 */
function sharedScale({ settings }, maps) {
  const signed = settings.scale === 'signed';
  const range = Math.max(
    ...maps.map(({ minimum, maximum }) => (signed ? Math.max(-minimum, maximum) : maximum)),
  );
  const scale = signed ? /** @type {const} */ ('signed') : /** @type {const} */ ('positive');
  return { scale, range: range > 0 ? range : undefined };
}

/**
 * The style sheet lays the table out as a grid, which browsers may take for no table: hence the roles.
 *
 * @param {import('./what-if-words.js').Row} row
 * @param {string} className
 */
function tableRow({ name, cells, chosen }, className) {
  const row = document.createElement('tr');
  row.role = 'row';
  row.className = className;
  row.classList.toggle('chosen', chosen);
  const head = document.createElement('th');
  head.scope = 'row';
  head.role = 'rowheader';
  head.textContent = name;
  row.append(head);
  for (const cell of cells) {
    const data = document.createElement('td');
    data.role = 'cell';
    if (cell) {
      const notes = document.createElement('small');
      for (const note of cell.notes) {
        const part = document.createElement('span');
        part.textContent = note;
        notes.append(part, ' ');
      }
      data.append(cell.value, ' ', notes);
    } else {
      data.textContent = '–';
    }
    row.append(data);
  }
  return row;
}

/** @returns {(cam: GradCam, outcome: Outcome) => Promise<boolean>} whether it is shown, and no newer one to come */
export function createOutcome() {
  const line = element('what-if-sentence', HTMLElement);
  const canvases = ['before', 'erased', 'control'].map((name) =>
    element(`what-if-${name}`, HTMLCanvasElement),
  );
  const contexts = canvases.map((canvas) => canvas.getContext('2d'));
  const colors = element('what-if-colors', HTMLCanvasElement).getContext('2d');
  const [title, low, high] = ['title', 'low', 'high'].map((name) =>
    element(`what-if-legend-${name}`, HTMLElement),
  );
  const rows = element('what-if-rows', HTMLTableSectionElement);
  let newest = 0;

  /** @param {Outcome} outcome */
  function tell({ result, answer, expected }) {
    const nothing = 'Nothing is erased yet: paint on the picture, or erase the hottest part of the map.';
    write(line, answer ? sentence(answer, result) : nothing);
    const margin = marginRow(result, expected, answer);
    rows.replaceChildren(
      ...classRows(result, expected, answer).map((row) => tableRow(row, 'class')),
      ...(margin ? [tableRow(margin, 'margin')] : []),
    );
  }

  return async (cam, outcome) => {
    const mine = ++newest;
    const { result, crop, answer, opacity } = outcome;
    const { target, map } = result.explanation;
    const sights = [
      { crop, map, probability: target.probability },
      ...(answer
        ? [answer.erased, answer.control].map((sight) => ({
            ...sight,
            probability: sight.scores.of(target.index).probability,
          }))
        : []),
    ];
    const maps = sights.map((sight) => sight.map);
    const { scale, range } = sharedScale(result, maps);
    const { width } = canvases[0];
    const painted = await Promise.all(
      maps.map((each) =>
        cam.paint(each, { width, height: width, scale, range, colors: result.settings.colors }),
      ),
    );
    const legend = await cam.legend({ scale, colors: result.settings.colors, count: 256 });
    // A newer one is on its way, and the numbers go with the pictures.
    if (mine !== newest) return false;

    tell(outcome);
    canvases.forEach((canvas, index) => {
      const context = contexts[index];
      const sight = sights[index];
      context?.clearRect(0, 0, width, width);
      canvas.dataset.filled = String(Boolean(sight));
      if (!sight) {
        canvas.setAttribute('aria-label', `${NAMES[index]}: nothing yet.`);
        return;
      }
      context?.drawImage(overlaid(sight.crop, painted[index], opacity), 0, 0, width, width);
      canvas.setAttribute(
        'aria-label',
        `${NAMES[index]}: map for “${target.label}” (${percent(sight.probability)}), from ${number(sight.map.minimum)} to ${number(sight.map.maximum)}.`,
      );
    });
    colors?.putImageData(legend, 0, 0);
    write(title, maps.length > 1 ? 'One scale for all three' : 'Map value');
    write(low, scale === 'signed' ? number(-(range ?? 0)) : '0');
    write(high, range === undefined ? 'nothing above zero' : (scale === 'signed' ? '+' : '') + number(range));
    return true;
  };
}
