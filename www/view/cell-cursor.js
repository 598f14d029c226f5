// Points at the cells of a map: with the mouse, with a finger, or with the arrow keys.

/** @typedef {import('./state.js').Place} Place */
/** @typedef {import('./state.js').Means} Means */

/** @typedef {{ width: number, height: number }} Grid */

/** @type {Record<string, [x: number, y: number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The cell of a grid in which a place lies.
 *
 * @param {Exclude<Place, 'outside'>} place
 * @param {Grid} grid
 */
export function cellAt({ x, y }, { width, height }) {
  return {
    row: Math.min(Math.floor(y * height), height - 1),
    column: Math.min(Math.floor(x * width), width - 1),
  };
}

/**
 * The middle of a cell.
 *
 * @param {{ row: number, column: number }} cell
 * @param {Grid} grid
 */
export function middleOf({ row, column }, { width, height }) {
  return { x: (column + 0.5) / width, y: (row + 0.5) / height };
}

/**
 * A click pins a place: the arrow keys go on from there, and the pointer comes back to it when it leaves.
 *
 * @param {HTMLElement} field takes the pointer and the focus
 * @param {object} needs
 * @param {() => Grid | null} needs.grid
 * @param {() => { row: number, column: number }} needs.start the cell at which the keys begin
 * @param {(x: number, y: number) => Place | null} needs.at what lies at a point, in pixels of the field
 * @param {(place: Place | null, by: Means) => void} needs.point
 */
export function watchCells(field, { grid, start, at, point }) {
  /** @type {Place | null} */
  let pinned = null;

  /** @param {MouseEvent} event */
  const under = ({ clientX, clientY }) => {
    const { left, top } = field.getBoundingClientRect();
    return at(clientX - left, clientY - top);
  };
  field.addEventListener('pointermove', (event) => {
    // A finger that moves scrolls the page.
    if (event.pointerType !== 'touch') point(under(event), 'pointer');
  });
  field.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType !== 'touch') point(pinned, 'pointer');
  });
  field.addEventListener('click', (event) => {
    pinned = under(event);
    point(pinned, 'pointer');
  });
  field.addEventListener('focus', () => {
    const cells = grid();
    if (!cells || !field.matches(':focus-visible')) return;
    pinned ??= middleOf(start(), cells);
    point(pinned, 'keys');
  });
  field.addEventListener('blur', () => {
    pinned = null;
    point(null, 'keys');
  });
  field.addEventListener('keydown', (event) => {
    const cells = grid();
    const step = STEPS[event.key];
    if (!cells) return;
    if (event.key === 'Escape') pinned = null;
    else if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    else {
      const { row, column } = pinned && pinned !== 'outside' ? cellAt(pinned, cells) : start();
      const next = { row: row + step[1], column: column + step[0] };
      next.row = Math.min(Math.max(next.row, 0), cells.height - 1);
      next.column = Math.min(Math.max(next.column, 0), cells.width - 1);
      pinned = middleOf(next, cells);
      event.preventDefault();
    }
    point(pinned, 'keys');
  });
}
