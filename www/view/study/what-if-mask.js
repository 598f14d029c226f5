// Which pixels of the crop are painted over, how a brush adds to them, and the way back.

/** @typedef {import('../../gradcam.js').Mask} Mask */
/** @typedef {{ x: number, y: number }} Point in pixels of the crop */

// Far more than anybody goes back, and a few megabytes.
const LONGEST = 100;

/**
 * Paints from one point to the next with a round brush: all pixels whose centre is no farther from the line than `radius`.
 *
 * @param {Mask} mask changed in place
 * @param {number} side of the crop, in pixels
 * @param {Point} from
 * @param {Point} to
 * @param {number} radius in pixels
 */
export function paintLine(mask, side, from, to, radius) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  /** @param {number} value */
  const inside = (value) => Math.min(Math.max(Math.round(value), 0), side);
  const [left, right] = [
    inside(Math.min(from.x, to.x) - radius - 1),
    inside(Math.max(from.x, to.x) + radius + 1),
  ];
  const [top, bottom] = [
    inside(Math.min(from.y, to.y) - radius - 1),
    inside(Math.max(from.y, to.y) + radius + 1),
  ];
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const [x, y] = [column + 0.5 - from.x, row + 0.5 - from.y];
      const along = length === 0 ? 0 : Math.min(Math.max((x * dx + y * dy) / length, 0), 1);
      if (Math.hypot(x - along * dx, y - along * dy) <= radius) mask[row * side + column] = 1;
    }
  }
}

/** How much of the crop a mask covers, from 0 to 1. @param {Mask} mask */
export function shareOf(mask) {
  return mask.reduce((sum, value) => sum + (value ? 1 : 0), 0) / mask.length;
}

/**
 * How much of one mask lies in the other as well, from 0 to 1.
 *
 * @param {Mask} mask
 * @param {Mask} other
 */
export function overlapOf(mask, other) {
  const both = mask.reduce((sum, value, index) => sum + (value && other[index] ? 1 : 0), 0);
  return both / mask.length / shareOf(mask);
}

/** The masks one after the other; each stays as it is once it is there. */
export class MaskHistory {
  /** @type {Mask[]} */
  #masks;
  #at = 0;

  /** @param {number} side */
  constructor(side) {
    this.#masks = [new Uint8Array(side * side)];
  }

  get mask() {
    return this.#masks[this.#at];
  }

  get empty() {
    return !this.mask.some(Boolean);
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#masks.length - 1;
  }

  /** What comes next; whatever had been undone is gone. @param {Mask} mask */
  add(mask) {
    this.#masks = [...this.#masks.slice(0, this.#at + 1), mask].slice(-LONGEST);
    this.#at = this.#masks.length - 1;
  }

  undo() {
    if (this.canUndo) this.#at--;
  }

  redo() {
    if (this.canRedo) this.#at++;
  }

  /** Nothing painted over: one more step, so that it can be undone. */
  reset() {
    if (!this.empty) this.add(new Uint8Array(this.mask.length));
  }
}
