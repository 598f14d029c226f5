// Layer, method, scale, colours, opacity and view, and where the notes on the choice go.

import { element, write } from './element.js';
import { wholePercent } from './format.js';
import { seesLayer } from './methods.js';
import { layerNote, methodNote, scaleNote } from './notes.js';
import { pictured } from './state.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Settings} Settings */

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
  const noteOnLayer = element('layer-note', HTMLElement);
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
    if (!seesLayer(settings.method)) layer.disabled = true;
    write(noteOnLayer, layerNote(settings.method));
    noteOnLayer.hidden = noteOnLayer.textContent === '';
    opacity.value = String(Math.round(state.opacity * 100));
    write(opacityValue, wholePercent(state.opacity));
    views.forEach((input) => (input.checked = input.value === state.view));

    const result = pictured(state.shown, state);
    write(noteOnScale, result ? scaleNote(result.explanation.map, result.settings.scale) : '');
    write(noteOnMethod, result ? methodNote(result.explanation) : '');
  };
}
