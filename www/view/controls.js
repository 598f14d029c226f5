// Layer, method, scale, colours, opacity and view, and where the notes on the choice go.

import { element, write } from './element.js';
import { wholePercent } from './format.js';
import { GROUPS, methodName, methodWords } from './method-words.js';
import { methodOf } from './methods.js';
import { layerNote, methodNote, scaleNote } from './notes.js';
import { pictured } from './state.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Settings} Settings */

/** @typedef {import('../gradcam.js').Model} Model */

/** @param {Model} model */
function layerOptions({ layers }) {
  const last = layers.at(-1);
  return layers.map(
    (each) =>
      new Option(
        `${each.name} — ${each.height} × ${each.width}${each === last ? ', default' : ''}`,
        each.name,
      ),
  );
}

/** In groups; those that this model cannot have say why. @param {Model} model */
function methodOptions({ methods }) {
  return Object.entries(GROUPS).map(([group, { title }]) => {
    const box = document.createElement('optgroup');
    box.label = title;
    for (const each of methods) {
      if (methodWords(each.name).group !== group) continue;
      const option = new Option(methodName(each.name), each.name);
      if (each === methods[0]) option.text += ', default';
      option.disabled = each.unavailable !== null;
      if (each.unavailable) option.text += `: ${each.unavailable}`;
      box.append(option);
    }
    return box;
  });
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
      layer.replaceChildren(...layerOptions(model));
      method.replaceChildren(...methodOptions(model));
    } else if (!model && method.value !== settings.method) {
      // As a link asks for, until the model says what there is.
      method.replaceChildren(new Option(methodName(settings.method), settings.method));
    }
    for (const select of [layer, method, scale, colors]) select.disabled = !model;
    if (model) layer.value = settings.layer;
    method.value = settings.method;
    scale.value = settings.scale;
    colors.value = settings.colors;
    if (settings.scale === 'signed') colors.disabled = true;
    const chosen = model && methodOf(model, settings.method);
    if (chosen && !chosen.seesLayer) layer.disabled = true;
    write(noteOnLayer, chosen ? layerNote(chosen) : '');
    noteOnLayer.hidden = noteOnLayer.textContent === '';
    opacity.value = String(Math.round(state.opacity * 100));
    write(opacityValue, wholePercent(state.opacity));
    views.forEach((input) => (input.checked = input.value === state.view));

    const result = pictured(state.shown, state);
    write(noteOnScale, result ? scaleNote(result) : '');
    write(noteOnMethod, result ? methodNote(result) : '');
  };
}
