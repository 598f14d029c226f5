// What a place in the picture says: the value of the map there, and the classes that it argues for and against.

import { cellAt, watchCells } from './cell-cursor.js';
import { votes } from './class-maps.js';
import { element, write } from './element.js';
import { signed } from './format.js';
import { cropBox, panelBoxes, sceneOf } from './picture.js';
import { pictured } from './state.js';
import { UNITS } from './unit.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./cell-cursor.js').Grid} Grid */
/** @typedef {import('./picture.js').Box} Box */

const VOTES = 3;

/**
 * @param {HTMLElement} list
 * @param {import('./class-maps.js').Vote[]} votes
 * @param {string[]} labels
 */
function writeVotes(list, votes, labels) {
  const rows = votes.map(({ index, value }) => {
    const row = document.createElement('li');
    const amount = document.createElement('span');
    amount.className = 'place-amount';
    amount.textContent = signed(value);
    const name = document.createElement('span');
    name.className = 'place-class';
    name.textContent = labels[index];
    row.append(amount, ' ', name);
    return row;
  });
  list.replaceChildren(...rows);
}

/**
 * @param {object} needs
 * @param {(reading: State['reading']) => void} needs.read
 * @param {ReturnType<typeof import('./class-maps.js').createClassMaps>} needs.classMaps
 * @returns {(state: State) => void}
 */
export function createReading({ read, classMaps }) {
  const canvas = element('canvas', HTMLCanvasElement);
  const field = element('places', HTMLElement);
  const card = element('place', HTMLElement);
  const value = element('place-value', HTMLElement);
  const rest = element('place-votes', HTMLElement);
  const addsTitle = element('place-adds-title', HTMLElement);
  const takesTitle = element('place-takes-title', HTMLElement);
  const adds = element('place-adds', HTMLElement);
  const takes = element('place-takes', HTMLElement);
  const spoken = element('place-spoken', HTMLElement);
  /** @type {State | null} */
  let last = null;
  /** @type {unknown[]} */
  let drawn = [];

  const map = () => (last && pictured(last.shown, last)?.explanation.map) ?? null;

  /** The crops on the page, in pixels of the field, each with the photo around it. */
  function crops() {
    const scene = last?.shown && sceneOf(last.shown, 1);
    if (!last || !scene) return [];
    const { width, height } = canvas;
    const scale = field.clientWidth / width;
    /** @param {Box} box @returns {Box} */
    const scaled = (box) => ({
      x: box.x * scale,
      y: box.y * scale,
      width: box.width * scale,
      height: box.height * scale,
    });
    return panelBoxes(scene, last.view, width, height, window.devicePixelRatio).flatMap(({ box }) => {
      const crop = cropBox(scene, box);
      return crop ? [{ photo: scaled(box), crop: scaled(crop) }] : [];
    });
  }

  /** @param {Box} box @param {number} x @param {number} y */
  const inside = (box, x, y) => x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height;

  watchCells(field, {
    grid: map,
    start: () => map()?.peak ?? { row: 0, column: 0 },
    at(x, y) {
      const panel = crops().find(({ photo }) => inside(photo, x, y));
      if (!panel) return null;
      const { crop } = panel;
      if (!inside(crop, x, y)) return 'outside';
      return { x: (x - crop.x) / crop.width, y: (y - crop.y) / crop.height };
    },
    point: (place, by) => read(place && { place, by }),
  });

  /**
   * Outlines a cell of a grid in each of the panels.
   *
   * @param {Exclude<import('./state.js').Place, 'outside'>} place
   * @param {Grid} grid
   * @param {string} className
   */
  function outlines(place, grid, className) {
    const { row, column } = cellAt(place, grid);
    return crops().map(({ crop }) => {
      const outline = document.createElement('span');
      outline.className = className;
      outline.style.left = `${crop.x + (column * crop.width) / grid.width}px`;
      outline.style.top = `${crop.y + (row * crop.height) / grid.height}px`;
      outline.style.width = `${crop.width / grid.width}px`;
      outline.style.height = `${crop.height / grid.height}px`;
      return outline;
    });
  }

  function draw() {
    const shown = last?.shown;
    const current = map();
    const ready = Boolean(last && shown?.photo && current && !last.incoming && !last.live);
    field.hidden = !ready;
    card.hidden = !ready || !last?.reading;
    if (!last || !ready || !shown?.photo || !current || !last.reading) {
      field.replaceChildren();
      drawn = [];
      return;
    }
    const { place, by } = last.reading;
    const maps = classMaps.known(shown.photo);
    const cell = place === 'outside' ? null : cellAt(place, current);
    const voters = cell && maps && place !== 'outside' ? cellAt(place, maps) : null;
    const wanted = [current, maps, by, cell?.row, cell?.column, voters?.row, voters?.column];
    const size = [last.view, canvas.width, canvas.height, field.clientWidth];
    if ([...wanted, ...size].every((each, index) => each === drawn[index])) return;
    drawn = [...wanted, ...size];

    rest.hidden = !voters;
    if (!cell || place === 'outside') {
      field.replaceChildren();
      write(value, 'Outside what the network saw.');
    } else {
      const there = current.values[cell.row * current.width + cell.column];
      const where = `Row ${cell.row + 1}, column ${cell.column + 1} of ${current.height} × ${current.width}`;
      write(value, `${where}: ${signed(there)} ${UNITS[current.unit]}`);
      const same = !maps || (maps.width === current.width && maps.height === current.height);
      field.replaceChildren(
        ...(maps && !same ? outlines(place, maps, 'cell voters') : []),
        ...outlines(place, current, 'cell'),
      );
      card.dataset.column = place.x < 0.5 ? 'left' : 'right';
      card.dataset.row = place.y < 0.5 ? 'upper' : 'lower';
    }
    if (voters && maps && last.model) {
      const { adds: most, takes: least } = votes(maps, voters.row, voters.column, VOTES);
      const where = current.layer === maps.layer && current.width === maps.width ? '' : ` at ${maps.layer}`;
      write(
        addsTitle,
        most.length > 0 ? `This place${where} adds to` : `This place${where} adds to no class`,
      );
      write(takesTitle, least.length > 0 ? 'and takes from' : 'and takes from none');
      writeVotes(adds, most, last.model.labels);
      writeVotes(takes, least, last.model.labels);
    }
    // A pointer passes many places; whoever moves by key wants to hear of each.
    if (by === 'keys') write(spoken, card.innerText.replace(/\s+/g, ' '));
  }

  new ResizeObserver(draw).observe(canvas);
  return (state) => {
    last = state;
    draw();
  };
}
