// What the erasing did, in words and in rows of numbers.

import { Scores } from '../../engine/scores.js';
import { logit, logitDifference, percent, points, wholePercent } from '../format.js';
import { PREDICTIONS } from '../predictions.js';
import { rivalOf } from '../rival.js';

/** @typedef {Pick<import('../state.js').Result, 'explanation' | 'model'>} Before What the network said of the photo as it is. */
/** @typedef {import('./what-if-run.js').Answer} Answer */
/** @typedef {import('./what-if-run.js').Sight} Sight */

/** A number and what belongs to it, such as how far it is from the one before. @typedef {{ value: string, notes: string[] }} Cell */

/** @typedef {{ name: string, cells: (Cell | null)[], chosen: boolean }} Row of the photo as it is, erased, and the control */

// Less of it than this makes no difference to what the control says.
const SLIGHT_OVERLAP = 0.05;

/** @param {number} share */
export function area(share) {
  return share < 0.095 && share > 0 ? percent(share) : wholePercent(share);
}

/**
 * @param {Answer} answer
 * @param {Before} before
 */
export function sentence({ erased, control, share, overlap }, { explanation: { predictions, target } }) {
  const { index, label } = target;
  const [was, is, elsewhere] = [target, erased.scores.of(index), control.scores.of(index)].map(
    ({ probability }) => percent(probability),
  );
  const parts = [
    `Erasing these ${area(share)} takes ${label} from ${was} to ${is}; erasing as much elsewhere, to ${elsewhere}.`,
  ];
  if (erased.best.index !== predictions[0].index) {
    parts.push(
      `With this area gone the network says “${erased.best.label}” (${percent(erased.best.probability)}).`,
    );
  }
  if (overlap > SLIGHT_OVERLAP) {
    parts.push(
      `There is too little room elsewhere: ${wholePercent(overlap)} of the control lies in the same area, so it tells you less.`,
    );
  }
  return parts.join(' ');
}

/**
 * The best classes of the photo as it is, and those that matter besides.
 *
 * @param {Before} before
 * @param {number | null} expected
 * @param {Answer | null} answer
 * @returns {Row[]}
 */
export function classRows({ explanation: { predictions, target, logits }, model }, expected, answer) {
  const scores = new Scores(logits, model);
  const classes = predictions.slice(0, PREDICTIONS).map(({ index }) => index);
  classes.push(target.index);
  if (expected !== null) classes.push(expected);
  if (answer) classes.push(answer.erased.best.index, answer.control.best.index);
  return [...new Set(classes)].map((index) => {
    const before = scores.of(index);
    /** @param {Sight | undefined} sight */
    const cell = (sight) => {
      if (!sight) return null;
      const after = sight.scores.of(index);
      const difference = after.logit - before.logit;
      return {
        value: percent(after.probability),
        notes: [points(after.probability - before.probability), `logit ${logitDifference(difference)}`],
      };
    };
    return {
      name: before.label,
      cells: [
        { value: percent(before.probability), notes: [`logit ${logit(before.logit)}`] },
        cell(answer?.erased),
        cell(answer?.control),
      ],
      chosen: index === target.index,
    };
  });
}

/**
 * By how much the best class of the photo as it is leads over the one it is compared with.
 *
 * @param {Before} before
 * @param {number | null} expected
 * @param {Answer | null} answer
 * @returns {Row | null}
 */
export function marginRow({ explanation: { predictions, logits }, model }, expected, answer) {
  const [best] = predictions;
  const rival = rivalOf(predictions, expected);
  if (rival === null) return null;
  const other = new Scores(logits, model).of(rival);
  const before = best.logit - other.logit;
  /** @param {Sight | undefined} sight */
  const cell = (sight) => {
    if (!sight) return null;
    const after = sight.scores.of(best.index).logit - sight.scores.of(rival).logit;
    return { value: logit(after), notes: [logitDifference(after - before)] };
  };
  return {
    name: `Margin: ${best.label} less ${other.label}, in logits`,
    cells: [{ value: logit(before), notes: [] }, cell(answer?.erased), cell(answer?.control)],
    chosen: false,
  };
}
