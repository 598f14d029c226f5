// What many answers say together. Pure: answers in, counts and averages out.

import { isAnswered } from './answer.js';
import { sameClass } from './expected.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./answer.js').Answered} Answered */

/** Photos of a class, and how many of them were named right. @typedef {{ label: string, total: number, right: number }} ClassCount */
/** How often one class was taken for another. @typedef {{ expected: string, predicted: string, count: number }} Confusion */

/**
 * Averages over photos, each of shares of the positive part of a map. Blank maps have none, and are left out.
 *
 * @typedef {object} Shares
 * @property {number} count photos that they are averages of
 * @property {number} border
 * @property {number} outsideMiddle
 * @property {number} strongestQuarter
 */

/**
 * What one model said.
 *
 * @typedef {object} Summary
 * @property {number} answered photos
 * @property {number} failed photos without an answer
 * @property {number} known of those answered, how many have a class that they should be
 * @property {number} right
 * @property {number} wrong
 * @property {number | null} accuracy of those known; null where there are none
 * @property {number} blank maps with nothing above zero
 * @property {ClassCount[]} classes that photos should be, the least accurate first
 * @property {{ label: string, count: number }[]} predicted the most frequent first
 * @property {Confusion[]} confusions the most frequent first
 * @property {Record<'right' | 'wrong' | 'all', Shares>} shares
 * @property {Omit<Shares, 'count'> | null} even what the shares would be if the evidence were even
 */

/** @param {Answered[]} answers @returns {Shares} */
function averages(answers) {
  const seen = answers.filter(({ blank }) => !blank);
  const mean = (/** @type {'border' | 'outsideMiddle' | 'strongestQuarter'} */ share) =>
    seen.reduce((sum, { spread }) => sum + spread[share], 0) / seen.length;
  return {
    count: seen.length,
    border: mean('border'),
    outsideMiddle: mean('outsideMiddle'),
    strongestQuarter: mean('strongestQuarter'),
  };
}

/**
 * @template {{ count: number }} T
 * @param {Map<string, T>} counts
 * @param {string} key
 * @param {T} fresh what stands for none yet
 */
function countUp(counts, key, fresh) {
  const entry = counts.get(key) ?? fresh;
  entry.count++;
  counts.set(key, entry);
}

/** @template {{ count: number }} T @param {Map<string, T>} counts */
function byCount(counts) {
  // Those that are as frequent stay in the order of the photos.
  return [...counts.values()].sort((one, other) => other.count - one.count);
}

/** @param {ClassCount} count */
function accuracyOf({ total, right }) {
  return right / total;
}

/** @param {(Answer | null)[]} answers of one model @returns {Summary} */
export function summarise(answers) {
  const answered = answers.filter(isAnswered);
  const right = answered.filter((answer) => answer.right === true);
  const wrong = answered.filter((answer) => answer.right === false);
  const known = right.length + wrong.length;
  /** @type {Map<string, ClassCount>} */
  const classes = new Map();
  /** @type {Map<string, { label: string, count: number }>} */
  const predicted = new Map();
  /** @type {Map<string, Confusion>} */
  const confusions = new Map();
  for (const answer of answered) {
    const { label } = answer.predicted;
    countUp(predicted, label, { label, count: 0 });
    if (!answer.expected) continue;
    const expected = answer.expected.label;
    const entry = classes.get(expected) ?? { label: expected, total: 0, right: 0 };
    entry.total++;
    if (answer.right) entry.right++;
    else countUp(confusions, `${expected}\n${label}`, { expected, predicted: label, count: 0 });
    classes.set(expected, entry);
  }
  const some = answered[0]?.spread.even;
  return {
    answered: answered.length,
    failed: answers.filter((answer) => answer && !isAnswered(answer)).length,
    known,
    right: right.length,
    wrong: wrong.length,
    accuracy: known > 0 ? right.length / known : null,
    blank: answered.filter(({ blank }) => blank).length,
    classes: [...classes.values()].sort(
      (one, other) => accuracyOf(one) - accuracyOf(other) || other.total - one.total,
    ),
    predicted: byCount(predicted),
    confusions: byCount(confusions),
    shares: { right: averages(right), wrong: averages(wrong), all: averages(answered) },
    even: some ? { ...some, strongestQuarter: 0.25 } : null,
  };
}

/**
 * Two models on the same photos.
 *
 * @typedef {object} Agreement
 * @property {number} both photos that both answered
 * @property {number} same of these, how many both gave the same name
 * @property {number} known of these, how many have a class that they should be, for both
 * @property {number} bothRight
 * @property {number} onlyFirst how many the first alone named right
 * @property {number} onlySecond
 * @property {number} bothWrong
 */

/** @param {(Answer | null)[][]} answers by photo, then by model @returns {Agreement} */
export function compareModels(answers) {
  const pairs = answers.flatMap(([one, other]) =>
    isAnswered(one) && isAnswered(other) ? [{ one, other }] : [],
  );
  const known = pairs.filter(({ one, other }) => one.right !== null && other.right !== null);
  const count = (/** @type {boolean} */ first, /** @type {boolean} */ second) =>
    known.filter(({ one, other }) => one.right === first && other.right === second).length;
  return {
    both: pairs.length,
    same: pairs.filter(({ one, other }) => sameClass(one.predicted.label, other.predicted.label)).length,
    known: known.length,
    bothRight: count(true, true),
    onlyFirst: count(true, false),
    onlySecond: count(false, true),
    bothWrong: count(false, false),
  };
}

/** Whether two models gave a photo different names. @param {(Answer | null)[]} answers of a photo */
export function isDisagreement([one, other]) {
  return isAnswered(one) && isAnswered(other) && !sameClass(one.predicted.label, other.predicted.label);
}
