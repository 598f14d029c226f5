// Cascading randomisation: the map after each step of scrambling the weights, and how little it still has of the first.

import { element, write } from '../element.js';
import { correlation } from '../format.js';
import { drawChart } from './chart.js';
import { createLongRun } from './long-run.js';
import { createThumbnail, drawThumbnail, paintThumbnail } from './thumbnail.js';

/** @typedef {import('../../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../../gradcam.js').RandomisationStep} RandomisationStep */

// Below this a rank correlation is commonly called weak to moderate.
const STRONG = 0.5;

/** As wide as the strip, so that every point stands under its picture. */
const COLUMN = 100;

/**
 * From the lowest value to the highest, whatever the page's scale: ranks are what is compared, and a map that has turned
 * into its opposite must not look blank.
 */
/** @type {import('../../gradcam.js').Scale} */
const SCALE = 'min-max';

/**
 * @typedef {object} Found
 * @property {ImageData} crop
 * @property {RandomisationStep[]} steps
 * @property {ImageData[]} heats of the trained network's map and those after the steps
 */

/** @param {Element} chart @param {Found} found @param {number} columns */
function drawCorrelations(chart, { steps }, columns) {
  const values = [1, ...steps.map((step) => step.correlation)];
  const lowest = Math.min(...values) < 0 ? -1 : 0;
  const y = (lowest < 0 ? [-1, 0, 1] : [0, 0.5, 1]).map((at) => ({
    at,
    label: String(at).replace('-', '−'),
  }));
  const frame = {
    width: COLUMN * columns,
    height: 170,
    left: COLUMN / 2,
    right: COLUMN / 2,
    top: 14,
    bottom: 14,
  };
  const points = values.map(
    (value, index) => /** @type {[number, number]} */ ([index / (columns - 1), value]),
  );
  drawChart(chart, frame, { x: [], y, along: '', up: '' }, [{ name: '', kind: 'dots', points }]);
  chart.setAttribute(
    'aria-label',
    `Rank correlation after each step: ${steps.map((step) => `${step.layer} ${correlation(step.correlation)}`).join(', ')}.`,
  );
}

/**
 * How far the scrambling must go until the map is another: one that outlasts the parts that tell the classes apart has
 * little to do with them, whatever becomes of it later.
 *
 * @param {RandomisationStep[]} steps
 */
function verdict(steps) {
  const fallen = steps.findIndex((step) => step.correlation < STRONG);
  const before = fallen < 0 ? steps : steps.slice(0, fallen);
  const least = correlation(Math.min(...before.map((step) => step.correlation)));
  if (fallen < 0) {
    return `The rank correlation never falls below ${least}: much of this map does not depend on what the network learned.`;
  }
  const { layer, correlation: value } = steps[fallen];
  if (fallen > 0) {
    return `Until ${layer} is scrambled the rank correlation stays at ${least} or above: this map depends little on what the parts after it learned, though they tell the classes apart.`;
  }
  const end = correlation(steps[steps.length - 1].correlation);
  return `Scrambling ${layer} alone, which tells the classes apart, brings the rank correlation to ${correlation(value)}, and all ${steps.length} steps to ${end}: this map depends on what the network learned.`;
}

/** @param {string} className @param {string} text */
function span(className, text) {
  const made = document.createElement('span');
  made.className = className;
  made.textContent = text;
  return made;
}

function createItem() {
  const item = document.createElement('li');
  const canvas = createThumbnail();
  const name = span('step-name', '');
  const value = span('step-size', '');
  item.append(canvas, name, value);
  return { item, canvas, name, value };
}

/**
 * @param {Pick<Parameters<typeof createLongRun>[0], 'engine' | 'sentence'>} actions
 * @returns {(state: import('../state.js').State) => void}
 */
export function createScramble(actions) {
  const strip = element('scramble-strip', HTMLElement);
  const chart = element('scramble-chart', SVGSVGElement);
  const words = element('scramble-words', HTMLElement);
  /** @type {ReturnType<typeof createItem>[]} */
  let items = [];
  /** @type {unknown[]} */
  let drawn = [];

  return createLongRun({
    ...actions,
    prefix: 'scramble',
    unit: 'steps',
    begin: 'Scramble step by step',
    fresh: ({ photo }) => /** @type {Found} */ ({ crop: photo.crop, steps: [], heats: [] }),
    async compute(cam, { photo, result }, found, signal, tell) {
      const { map, target } = result.explanation;
      const settings = { colors: result.settings.colors, scale: SCALE };
      found.heats[0] = await paintThumbnail(cam, map, settings);
      /** @type {Promise<void>[]} */
      const pictures = [];
      const onStep = (/** @type {RandomisationStep} */ step) => {
        const index = found.steps.push(step);
        tell(step.done, step.total);
        const paint = paintThumbnail(cam, step.map, settings).then((heat) => {
          found.heats[index] = heat;
          if (!signal.aborted) tell(found.steps.length, step.total);
        });
        // The numbers stand without a picture as well.
        pictures.push(paint.catch(() => {}));
      };
      await cam.randomise(photo, {
        layer: map.layer,
        method: map.method,
        target: target.index,
        signal,
        onStep,
      });
      await Promise.all(pictures);
    },
    show({ data, finished, total }, { model, opacity }) {
      // Until the first step says how many there are: one for each layer. One more is for the trained network.
      const columns = (total || (model?.layers.length ?? 0)) + 1;
      const painted = data.heats.filter(Boolean).length;
      const wanted = [data, data.steps.length, painted, finished, opacity, columns];
      if (wanted.every((value, index) => value === drawn[index])) return;
      drawn = wanted;
      if (items.length !== columns) {
        items = Array.from({ length: columns }, createItem);
        strip.replaceChildren(...items.map(({ item }) => item));
      }
      items.forEach(({ item, canvas, name, value }, index) => {
        const step = data.steps[index - 1];
        const there = index === 0 || Boolean(step);
        item.classList.toggle('waits', !there);
        write(name, index === 0 ? 'trained' : (step?.layer ?? ''));
        write(value, there ? correlation(step?.correlation ?? 1) : '');
        canvas.hidden = !there;
        if (there) drawThumbnail(canvas, data.crop, data.heats[index] ?? null, opacity);
      });
      drawCorrelations(chart, data, columns);
      write(words, finished && data.steps.length > 0 ? verdict(data.steps) : '');
    },
  });
}
