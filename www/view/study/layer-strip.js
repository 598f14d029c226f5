// A small map of every layer, as buttons: a click makes the layer the page's.

import { element, write } from '../element.js';
import { number } from '../format.js';
import { methodName } from '../method-words.js';
import { methodOf } from '../methods.js';
import { createThumbnail, drawThumbnail } from './thumbnail.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Settings} Settings */
/** @typedef {import('../../gradcam.js').LayerMethod} LayerMethod */
/** @typedef {import('../../gradcam.js').Method} Method */
/** @typedef {import('../../gradcam.js').Model} Model */
/** @typedef {import('./layers.js').Kept} Kept */

/**
 * Whose maps stand in the strip: the method's own, or Grad-CAM's.
 *
 * @param {Model} model
 * @param {Method} method
 * @returns {LayerMethod}
 */
export function stripMethod(model, method) {
  return methodOf(model, method).hasLayerMaps ? /** @type {LayerMethod} */ (method) : 'grad-cam';
}

/** @param {Model} model @param {Method} method @param {string} label */
function line(model, method, label) {
  const { hasLayerMaps, passes, seesClass, seesLayer } = methodOf(model, method);
  const own = 'Each map has its own scale.';
  const name = methodName(method);
  if (!seesClass) return `${name}, of no class. ${own}`;
  if (hasLayerMaps) return `${name} for “${label}”. ${own}`;
  const reason = !seesLayer
    ? `${name} sees no single layer`
    : passes === null
      ? `${name} would need a pass for every channel of every layer`
      : `${name} is made from Grad-CAM’s map of a layer`;
  return `${reason}: these are Grad-CAM’s for “${label}”. ${own}`;
}

/** @param {string} className */
function span(className) {
  const made = document.createElement('span');
  made.className = className;
  return made;
}

/**
 * @param {import('../../gradcam.js').Layer} layer
 * @param {(layer: string) => void} choose
 */
function createStep({ name, height, width }, choose) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'step';
  button.dataset.layer = name;
  button.addEventListener('click', () => choose(name));
  const canvas = createThumbnail();
  const title = span('step-name');
  title.textContent = name;
  const size = span('step-size');
  size.textContent = `${height} × ${width}`;
  const maximum = span('step-maximum');
  button.append(canvas, title, size, maximum);
  return { name, button, canvas, maximum };
}

/**
 * @param {(settings: Partial<Settings>) => void} change
 * @returns {(state: State, kept: Kept | undefined, stale: boolean) => void}
 */
export function createLayerStrip(change) {
  const strip = element('layers-strip', HTMLElement);
  const words = element('layers-line', HTMLElement);
  /** @type {ReturnType<typeof createStep>[]} */
  let steps = [];
  /** @type {State['model']} */
  let listed = null;
  /** Whether the page's method sees the layer that is clicked. */
  let seen = true;

  /** What was clicked is what is shown: where the method sees no layer, that is Grad-CAM's map. @param {string} layer */
  const choose = (layer) => change(seen ? { layer } : { layer, method: 'grad-cam' });

  return ({ model, settings, shown, opacity }, kept, stale) => {
    if (!model) return;
    if (model !== listed) {
      listed = model;
      steps = model.layers.map((layer) => createStep(layer, choose));
      strip.replaceChildren(...steps.map(({ button }) => button));
    }
    seen = methodOf(model, settings.method).seesLayer;
    write(words, line(model, settings.method, shown?.result?.explanation.target.label ?? ''));
    strip.classList.toggle('stale', stale);
    strip.setAttribute('aria-busy', String(stale));
    steps.forEach(({ name, button, canvas, maximum }, index) => {
      button.setAttribute('aria-pressed', String(seen && settings.layer === name));
      if (!kept) return;
      const map = kept.maps[index];
      drawThumbnail(canvas, kept.crop, kept.heats[index] ?? null, opacity);
      write(maximum, map.blank ? 'none above 0' : `max ${number(map.maximum)}`);
    });
  };
}
