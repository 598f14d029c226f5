// The brush: a pointer of any kind, or the arrow keys to move it and Space to paint. A stroke lasts from press to release.

import { paintLine } from './what-if-mask.js';

/** @typedef {import('../../gradcam.js').Mask} Mask */
/** @typedef {import('./what-if-mask.js').Point} Point */

/** @type {Record<string, [number, number]>} */
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {{ start: () => Mask | null, painting: (mask: Mask) => void, finished: (mask: Mask) => void,
 *   abandoned: () => void, moved: (at: Point | null, byKey: boolean) => void }} Strokes `start` gives what to paint on */

/**
 * @param {HTMLCanvasElement} canvas shows the crop, edge to edge
 * @param {{ side: () => number, radius: () => number }} size of the crop and of the brush, in pixels of the crop
 * @param {Strokes} strokes
 */
export function createBrush(canvas, { side, radius }, strokes) {
  /** @type {Mask | null} */
  let mask = null;
  /** @type {Point} */
  let last = { x: 0, y: 0 };
  /** @type {Point | null} */
  let byKeys = null;

  /** @param {Point} at */
  function start(at) {
    mask = strokes.start();
    last = at;
    extend(at);
  }

  /** @param {Point} at */
  function extend(at) {
    if (!mask) return;
    paintLine(mask, side(), last, at, radius());
    last = at;
    strokes.painting(mask);
  }

  function finish() {
    const done = mask;
    mask = null;
    if (done) strokes.finished(done);
  }

  function abandon() {
    if (!mask) return;
    mask = null;
    strokes.abandoned();
  }

  /** @param {PointerEvent} event */
  function place({ clientX, clientY }) {
    const box = canvas.getBoundingClientRect();
    return { x: ((clientX - box.left) / box.width) * side(), y: ((clientY - box.top) / box.height) * side() };
  }

  canvas.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    byKeys = null;
    start(place(event));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!event.isPrimary) return;
    // A fast pen has been at more places than there are events.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) extend(place(each));
    strokes.moved(place(event), false);
  });
  canvas.addEventListener('pointerup', finish);
  canvas.addEventListener('pointercancel', abandon);
  canvas.addEventListener('pointerleave', () => strokes.moved(byKeys, false));

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    byKeys ??= { x: side() / 2, y: side() / 2 };
    const step = STEPS[event.key];
    if (step) {
      // Half a brush further: a row of dabs is a line without gaps.
      const [dx, dy] = step.map((each) => Math.max(1, Math.round(radius())) * each);
      const within = (/** @type {number} */ value) => Math.min(Math.max(value, 0), side());
      byKeys = { x: within(byKeys.x + dx), y: within(byKeys.y + dy) };
      extend(byKeys);
      strokes.moved(byKeys, true);
    } else if (event.key === ' ') {
      if (!event.repeat && !mask) start(byKeys);
      strokes.moved(byKeys, !event.repeat);
    } else if (event.key === 'Escape' && mask) {
      abandon();
    } else {
      return;
    }
    event.preventDefault();
  }

  canvas.addEventListener('keydown', press);
  canvas.addEventListener('keyup', (event) => {
    if (event.key === ' ') finish();
  });
  canvas.addEventListener('focus', () => {
    // Where a pointer brought the focus, that is the brush.
    if (!canvas.matches(':focus-visible') || mask) return;
    byKeys ??= { x: side() / 2, y: side() / 2 };
    strokes.moved(byKeys, true);
  });
  canvas.addEventListener('blur', () => {
    finish();
    strokes.moved(null, false);
  });
}
