// Where a part is painted over: the canvas with its brush, the tools beside it, and the way back and forth.

import { canvasOf } from '../../save/canvas.js';
import { element, write } from '../element.js';
import { wholePercent } from '../format.js';
import { createBrush } from './what-if-brush.js';
import { createPainting } from './what-if-canvas.js';
import { MaskHistory, shareOf } from './what-if-mask.js';
import { area } from './what-if-words.js';

/** @typedef {import('../../gradcam.js').Mask} Mask */

/**
 * @param {HTMLElement} panel where Ctrl+Z is meant for the painting
 * @param {() => void} changed told of every change of the mask, when a stroke is over
 */
export function createPainter(panel, changed) {
  const canvas = element('what-if-canvas', HTMLCanvasElement);
  const place = element('what-if-place', HTMLElement);
  const size = element('what-if-size', HTMLInputElement);
  const withMap = element('what-if-with-map', HTMLInputElement);
  const undo = element('what-if-undo', HTMLButtonElement);
  const redo = element('what-if-redo', HTMLButtonElement);
  const reset = element('what-if-reset', HTMLButtonElement);
  const draw = createPainting(canvas);

  let masks = new MaskHistory(1);
  /** The stroke that is being painted. @type {Mask | null} */
  let stroke = null;
  /** @type {import('./what-if-mask.js').Point | null} */
  let brush = null;
  /** @type {HTMLCanvasElement | null} */
  let crop = null;
  /** @type {HTMLCanvasElement | null} */
  let heat = null;

  const side = () => crop?.width ?? 1;
  const radius = () => size.valueAsNumber / 2;

  function redraw() {
    if (!crop) return;
    draw({ crop, heat: withMap.checked ? heat : null, mask: stroke ?? masks.mask, brush, radius: radius() });
  }

  function refresh() {
    undo.disabled = !masks.canUndo;
    redo.disabled = !masks.canRedo;
    reset.disabled = masks.empty;
    canvas.setAttribute(
      'aria-label',
      `What the network saw, to paint on; ${area(shareOf(masks.mask))} painted over`,
    );
    redraw();
  }

  /** @param {(masks: MaskHistory) => void} act */
  function go(act) {
    act(masks);
    refresh();
    changed();
  }

  createBrush(
    canvas,
    { side, radius },
    {
      start: () => (crop ? masks.mask.slice() : null),
      painting(mask) {
        stroke = mask;
        redraw();
      },
      finished(mask) {
        stroke = null;
        go((each) => each.add(mask));
      },
      abandoned() {
        stroke = null;
        redraw();
      },
      moved(at, byKey) {
        brush = at;
        redraw();
        if (!at || !byKey) return;
        const [across, down] = [at.x, at.y].map((each) => wholePercent(each / side()));
        write(
          place,
          `Brush ${across} across, ${down} down; ${area(shareOf(stroke ?? masks.mask))} painted over.`,
        );
      },
    },
  );
  undo.addEventListener('click', () => go((each) => each.undo()));
  redo.addEventListener('click', () => go((each) => each.redo()));
  reset.addEventListener('click', () => go((each) => each.reset()));
  size.addEventListener('input', redraw);
  withMap.addEventListener('change', redraw);
  panel.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || stroke) return;
    const key = event.key.toLowerCase();
    const again = key === 'y' || (key === 'z' && event.shiftKey);
    if (!again && key !== 'z') return;
    event.preventDefault();
    go((each) => (again ? each.redo() : each.undo()));
  });

  return {
    get mask() {
      return masks.mask;
    },
    get empty() {
      return masks.empty;
    },
    /** One more step: this is what is painted over. @param {Mask} mask */
    add(mask) {
      go((each) => each.add(mask));
    },
    /** Begins anew with another photo. @param {ImageData} pixels what the network saw of it */
    take(pixels) {
      crop = canvasOf(pixels);
      masks = new MaskHistory(pixels.width);
      stroke = null;
      refresh();
    },
    /** @param {ImageData} pixels the map in colours */
    showMap(pixels) {
      heat = canvasOf(pixels);
      redraw();
    },
  };
}
