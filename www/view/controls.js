// Layer, method, scale, colours, opacity and view, and the notes that belong to the choice.

import { element, write } from './element.js';
import { number, wholePercent } from './format.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {import('../gradcam.js').ClassMap} ClassMap */

// A difference smaller than this share of the range cannot be seen.
const VISIBLE = 0.02;

/**
 * Positive and min-max agree only where the map's minimum is zero.
 *
 * @param {ClassMap} map
 * @param {Settings['scale']} scale
 */
function scaleNote({ minimum, maximum, blank }, scale) {
  if (scale === 'signed') {
    return 'Signed: zero is the middle colour, and the legend says which end argues for the class.';
  }
  if (blank) {
    return scale === 'positive'
      ? 'Nothing is above zero, so ReLU leaves nothing to show.'
      : `Min–max gives the hottest colour to ${number(maximum)}, though nothing is above zero.`;
  }
  if (Math.abs(minimum) < VISIBLE * (maximum - minimum)) {
    return 'The lowest value is about zero, so ReLU, ÷ max and min–max look the same.';
  }
  const value = number(minimum);
  if (scale === 'min-max') {
    return minimum > 0
      ? `Min–max takes away a floor of ${value}: even the coldest place argues for the class.`
      : `Min–max puts its coldest colour at ${value}, not at zero: compare with ReLU, ÷ max.`;
  }
  return minimum > 0
    ? `Every place is above zero here, from ${value} up. Min–max would hide this floor.`
    : `Values below zero, down to ${value}, show as zero. Min–max would stretch the colours down to them.`;
}

/**
 * @param {State} state
 * @returns {string}
 */
function methodNote({ model, settings }) {
  const last = model?.layers.at(-1);
  const same = ['grad-cam', 'hires-cam', 'xgrad-cam'];
  if (!last || settings.layer !== last.name || !same.includes(settings.method)) return '';
  return (
    `At ${last.name} Grad-CAM, HiResCAM and XGrad-CAM are the same map by construction: ` +
    'the gradient of each channel is constant there.'
  );
}

/**
 * @param {(change: Partial<Settings>) => void} change what the engine must answer for
 * @param {(change: Partial<Pick<State, 'opacity' | 'view'>>) => void} redraw what only the drawing needs
 * @returns {(state: State) => void}
 */
export function createControls(change, redraw) {
  const layer = element('layer', HTMLSelectElement);
  const method = element('method', HTMLSelectElement);
  const scale = element('scale', HTMLSelectElement);
  const colors = element('colors', HTMLSelectElement);
  const opacity = element('opacity', HTMLInputElement);
  const opacityValue = element('opacity-value', HTMLOutputElement);
  const noteOnScale = element('scale-note', HTMLElement);
  const noteOnMethod = element('method-note', HTMLElement);
  const views = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('input[name="view"]'));
  /** @type {State['model']} */
  let listed = null;

  layer.addEventListener('change', () => change({ layer: layer.value }));
  method.addEventListener('change', () =>
    change({ method: /** @type {Settings['method']} */ (method.value) }),
  );
  scale.addEventListener('change', () => change({ scale: /** @type {Settings['scale']} */ (scale.value) }));
  colors.addEventListener('change', () =>
    change({ colors: /** @type {Settings['colors']} */ (colors.value) }),
  );
  opacity.addEventListener('input', () => redraw({ opacity: opacity.valueAsNumber / 100 }));
  views.forEach((input) =>
    input.addEventListener('change', () => redraw({ view: /** @type {State['view']} */ (input.value) })),
  );

  return (state) => {
    const { model, settings } = state;
    if (model && model !== listed) {
      listed = model;
      const last = model.layers.at(-1);
      layer.replaceChildren(
        ...model.layers.map(
          (each) =>
            new Option(
              `${each.name} — ${each.height} × ${each.width}${each === last ? ', default' : ''}`,
              each.name,
            ),
        ),
      );
    }
    for (const select of [layer, method, scale, colors]) select.disabled = !model;
    if (model) layer.value = settings.layer;
    method.value = settings.method;
    scale.value = settings.scale;
    colors.value = settings.colors;
    if (settings.scale === 'signed') colors.disabled = true;
    opacity.value = String(Math.round(state.opacity * 100));
    write(opacityValue, wholePercent(state.opacity));
    views.forEach((input) => (input.checked = input.value === state.view));

    const result = state.shown?.result;
    write(noteOnScale, result ? scaleNote(result.explanation.map, result.settings.scale) : '');
    write(noteOnMethod, methodNote(state));
  };
}
