// The colours of the map from end to end, with the values they stand for.

import { element, write } from './element.js';
import { number } from './format.js';
import { previewRemark } from './preview.js';
import { pictured } from './state.js';
import { legendTitle } from './unit.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Result} Result */

export const LEGEND_COLORS = 256;

/**
 * The values at both ends and in the middle.
 *
 * @param {Result} result
 * @returns {[number, number, number]}
 */
function ticks({ explanation: { map }, settings: { scale } }) {
  if (scale === 'min-max') return [map.minimum, (map.minimum + map.maximum) / 2, map.maximum];
  if (scale === 'positive') return [0, Math.max(map.maximum, 0) / 2, Math.max(map.maximum, 0)];
  const end = Math.max(Math.abs(map.minimum), Math.abs(map.maximum));
  return [-end, 0, end];
}

/**
 * What stands over the colours, and under their ends and their middle.
 *
 * @param {Result} result
 */
export function legendWords(result) {
  const signed = result.settings.scale === 'signed';
  const [start, centre, end] = ticks(result);
  const nothing = start === end;
  return {
    title: legendTitle(result.explanation.map, result.model, signed),
    low: number(start),
    middle: nothing ? 'nothing above zero' : number(centre),
    high: nothing ? '' : (signed ? '+' : '') + number(end),
  };
}

/** @returns {(state: State) => void} */
export function createLegend() {
  const legend = element('legend', HTMLElement);
  const title = element('legend-title', HTMLElement);
  const canvas = element('legend-colors', HTMLCanvasElement);
  const low = element('legend-low', HTMLElement);
  const middle = element('legend-middle', HTMLElement);
  const high = element('legend-high', HTMLElement);
  const context = canvas.getContext('2d');
  /** @type {Result | null} */
  let drawn = null;

  return (state) => {
    const result = pictured(state.shown, state);
    legend.classList.toggle('stale', !result || Boolean(state.incoming));
    if (!result || result === drawn) return;
    drawn = result;
    context?.putImageData(result.legend, 0, 0);
    const words = legendWords(result);
    const remark = previewRemark(result);
    write(title, remark ? `${words.title} (${remark})` : words.title);
    write(low, words.low);
    write(middle, words.middle);
    write(high, words.high);
  };
}
