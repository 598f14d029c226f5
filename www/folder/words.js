// Counts, times and findings in words: the same on the page and in the report.

import { percent, wholePercent } from '../view/format.js';
import { methodName } from '../view/method-words.js';
import { methodOf } from '../view/methods.js';

/** @typedef {import('./run.js').Question} Question */
/** @typedef {import('./statistics.js').Summary} Summary */
/** @typedef {import('./statistics.js').Shares} Shares */

/** @param {number} count */
export function whole(count) {
  return count.toLocaleString('en');
}

/** @param {number} count @param {string} [what] in the singular, where its plural ends in an s */
export function counted(count, what = 'photo') {
  return `${whole(count)} ${what}${count === 1 ? '' : 's'}`;
}

/** @param {number} perSecond photos */
export function rateWords(perSecond) {
  const rounded = (/** @type {number} */ rate) =>
    rate < 9.5 ? Number(rate.toPrecision(2)) : Math.round(rate);
  if (perSecond >= 1) return `${rounded(perSecond)} photos a second`;
  return `${rounded(perSecond * 60)} photos a minute`;
}

/** @param {number} seconds */
export function remainingWords(seconds) {
  if (seconds < 10) return 'a few seconds left';
  if (seconds < 55) return `about ${Math.round(seconds / 10) * 10} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes === 1 ? 'a minute' : `${minutes} minutes`} left`;
  return `about ${Math.round(minutes / 60)} hours left`;
}

/**
 * How every map of a study was made.
 *
 * @param {Pick<Question, 'method' | 'layer'>} question
 * @param {import('../gradcam.js').Model} model
 */
export function questionWords({ method, layer }, model) {
  return methodName(method) + (methodOf(model, method).seesLayer ? ` at ${layer}` : '');
}

/** The columns of shares, as they are called everywhere. @type {{ key: Exclude<keyof Shares, 'count'>, title: string }[]} */
export const SHARES = [
  { key: 'border', title: 'On the border' },
  { key: 'outsideMiddle', title: 'Outside the middle' },
  { key: 'strongestQuarter', title: 'In the strongest quarter' },
];

/** What the shares are. */
export const SHARES_NOTE =
  'Shares of all that argues for the predicted class in its map: in the outermost ring of cells, outside the central ' +
  'square of half the side, and in the quarter of the cells with the highest values. They are averages over photos; the ' +
  'dashed line is where an even spread would be.';

/** From so few photos an average says little. */
const FEW = 10;

/**
 * What the averages say, in a sentence.
 *
 * @param {Summary} summary
 */
export function sharesWords({ shares: { right, wrong, all }, blank }) {
  const left = blank > 0 ? ` ${counted(blank, 'blank map')} left out.` : '';
  if (right.count === 0 && wrong.count === 0) {
    if (all.count === 0) return left.trim();
    return `On average ${wholePercent(all.border)} lies on the border and ${wholePercent(all.outsideMiddle)} outside the middle.${left}`;
  }
  if (wrong.count === 0) return `There is no wrong answer to compare the right ones with.${left}`;
  if (right.count === 0) return `There is no right answer to compare the wrong ones with.${left}`;
  const few = Math.min(right.count, wrong.count) < FEW ? ' So few photos may differ by chance.' : '';
  return (
    `Outside the middle lies ${wholePercent(wrong.outsideMiddle)} of the map where the network is wrong, ` +
    `${wholePercent(right.outsideMiddle)} where it is right; on the border ${wholePercent(wrong.border)} against ` +
    `${wholePercent(right.border)}.${few}${left}`
  );
}

/** @param {Summary} summary */
export function accuracyWords({ accuracy, right, known }) {
  if (accuracy === null) return 'No photo lies in a folder named after a class.';
  return `${percent(accuracy)} right: ${whole(right)} of ${counted(known)}`;
}

/** That maps show what they show, and no more. */
export const ASSOCIATION =
  'A map shows association, not cause: where evidence was counted, not why, and not whether the answer is right.';
