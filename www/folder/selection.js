// Which photos are shown, and in which order. Pure: answers and a choice in, numbers of photos out.

import { isAnswered } from './answer.js';
import { sameClass } from './expected.js';
import { isDisagreement } from './statistics.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./answer.js').Answered} Answered */

/** @typedef {'all' | 'wrong' | 'right' | 'failed' | 'disagree' | 'only-first' | 'only-second'} Show */
/** @typedef {'folder' | 'mistakes' | 'probability' | 'margin' | 'border' | 'outsideMiddle' | 'strongestQuarter'} SortKey */

/**
 * @typedef {object} Choice
 * @property {Show} show
 * @property {string | null} expected the class that photos should be
 * @property {string | null} predicted and the one that they were taken for
 * @property {[least: number, below: number]} probability of the predicted class
 * @property {SortKey} sort
 * @property {boolean} descending for what is sorted by a number
 */

/** Everything, as it lies in the folder. @type {Choice} */
export const EVERYTHING = {
  show: 'all',
  expected: null,
  predicted: null,
  probability: [0, Infinity],
  sort: 'folder',
  descending: true,
};

/** @param {(Answer | null)[]} answers of a photo, by model @param {Show} show */
function isShown(answers, show) {
  const right = answers.map((answer) => (isAnswered(answer) ? answer.right : null));
  switch (show) {
    case 'all':
      return true;
    case 'wrong':
      return right.includes(false);
    case 'right':
      return right.every((each) => each === true);
    case 'failed':
      return answers.some((answer) => answer && !isAnswered(answer));
    case 'disagree':
      return isDisagreement(answers);
    case 'only-first':
      return right[0] === true && right[1] === false;
    case 'only-second':
      return right[0] === false && right[1] === true;
  }
}

/** @param {Answer | null} answer @param {Choice} choice */
function fits(answer, { expected, predicted, probability: [least, below] }) {
  if (!isAnswered(answer)) return expected === null && predicted === null && least <= 0 && below > 1;
  const share = answer.predicted.probability;
  return (
    share >= least &&
    share < below &&
    (expected === null || (answer.expected !== null && sameClass(answer.expected.label, expected))) &&
    (predicted === null || sameClass(answer.predicted.label, predicted))
  );
}

/**
 * What a photo is sorted by, the largest first; undefined where it has no such value, and comes last.
 *
 * @param {(Answer | null)[]} answers of a photo, by model
 * @param {SortKey} sort
 * @returns {number | undefined}
 */
function rankOf(answers, sort) {
  const answered = answers.filter(isAnswered);
  if (sort === 'mistakes') {
    const mistakes = answered.filter(({ right }) => right === false);
    return mistakes.length > 0
      ? Math.max(...mistakes.map(({ predicted }) => predicted.probability))
      : undefined;
  }
  const first = answered.at(0);
  if (!first || sort === 'folder') return undefined;
  if (sort === 'probability') return first.predicted.probability;
  if (sort === 'margin') return first.margin;
  // A blank map lies nowhere.
  return first.blank ? undefined : first.spread[sort];
}

/**
 * The numbers of the photos that are shown, in order. Those that no model has answered yet are not.
 *
 * @param {(Answer | null)[][]} answers by photo, then by model
 * @param {Choice} choice
 */
export function select(answers, choice) {
  const shown = answers.flatMap((each, index) =>
    each.some(Boolean) && isShown(each, choice.show) && each.some((answer) => fits(answer, choice))
      ? [index]
      : [],
  );
  if (choice.sort === 'folder') return shown;
  const sign = choice.descending || choice.sort === 'mistakes' ? 1 : -1;
  const ranks = new Map(shown.map((index) => [index, rankOf(answers[index], choice.sort)]));
  return shown.sort((one, other) => {
    const [a, b] = [ranks.get(one), ranks.get(other)];
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined) || one - other;
    return sign * (b - a) || one - other;
  });
}
