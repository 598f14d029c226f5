// What a network's file does not say: the names of its classes, and how a photo becomes its input.

import { element, write } from '../element.js';
import { isUnnamed } from './facts.js';

/** @typedef {import('../../gradcam.js').Model} Model */
/** @typedef {import('../../gradcam.js').ModelOptions} ModelOptions */

/** The names in a text, one a line; lines at the end that are empty are none. @param {string} text */
function namesIn(text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * @param {object} actions
 * @param {(options: ModelOptions) => void} actions.apply
 * @param {(text: string) => Promise<string[]>} actions.parse reads a file of labels
 * @param {(error: unknown) => void} actions.fail
 * @returns {{ show: (model: Model) => void, focusNames: () => void }}
 */
export function createNetworkSettings({ apply, parse, fail }) {
  const details = element('network-settings', HTMLDetailsElement);
  const form = element('network-form', HTMLFormElement);
  const labels = element('network-labels', HTMLTextAreaElement);
  const count = element('network-labels-count', HTMLElement);
  const file = element('network-labels-file', HTMLInputElement);
  const resize = element('network-resize', HTMLInputElement);
  const inputSize = element('network-input-size', HTMLInputElement);
  const [mean, std] = ['mean', 'std'].map(
    (statistic) =>
      /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll(`[data-statistic="${statistic}"]`)]),
  );
  /** @type {Model | null} */
  let shown = null;

  function countNames() {
    const names = namesIn(labels.value).length;
    const classes = shown?.labels.length ?? 0;
    write(
      count,
      `${names} ${names === 1 ? 'name' : 'names'} for ${classes} ${classes === 1 ? 'class' : 'classes'}.`,
    );
    count.classList.toggle('wrong', names !== classes && names > 0);
  }

  labels.addEventListener('input', countNames);
  element('network-labels-choose', HTMLButtonElement).addEventListener('click', () => file.click());
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0];
    file.value = '';
    if (!chosen) return;
    try {
      labels.value = (await parse(await chosen.text())).join('\n');
      countNames();
    } catch (error) {
      fail(error);
    }
  });
  element('network-defaults', HTMLButtonElement).addEventListener('click', () => apply({}));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!shown) return;
    const names = namesIn(labels.value);
    const numbers = (/** @type {HTMLInputElement[]} */ inputs) =>
      /** @type {[number, number, number]} */ (inputs.map((input) => input.valueAsNumber));
    apply({
      labels: names.length > 0 ? names : undefined,
      resize: resize.valueAsNumber,
      inputSize: inputSize.valueAsNumber,
      mean: numbers(mean),
      std: numbers(std),
    });
  });

  return {
    show(model) {
      if (model === shown) return;
      shown = model;
      // Names that only count the classes are no names to begin with.
      labels.value = isUnnamed(model) ? '' : model.labels.join('\n');
      countNames();
      resize.value = String(model.resize);
      inputSize.value = String(model.inputSize);
      // Float32 has seven digits; what it makes of the rest is noise.
      const short = (/** @type {number} */ value) => String(Number(value.toPrecision(7)));
      mean.forEach((input, channel) => (input.value = short(model.mean[channel])));
      std.forEach((input, channel) => (input.value = short(model.std[channel])));
    },
    focusNames() {
      details.open = true;
      labels.focus();
    },
  };
}
