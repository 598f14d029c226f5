// A comparison of two classes in words and in numbers: the sum that makes up the margin, and where it lies.

import { scientific, signed, wholePercent } from '../format.js';

/** @typedef {import('../../gradcam.js').Comparison} Comparison */
/** @typedef {import('../../gradcam.js').Model} Model */

const MATHML = 'http://www.w3.org/1998/Math/MathML';

/**
 * @param {string} tag
 * @param {(Element | string)[]} children
 */
function math(tag, ...children) {
  const element = document.createElementNS(MATHML, tag);
  element.append(...children);
  return element;
}

/** A letter for what belongs to the predicted class, less that for the expected one. @param {string} letter */
function difference(letter) {
  const of = (/** @type {string} */ index) => math('msub', math('mi', letter), math('mi', index));
  return math('math', of('p'), math('mo', '−'), of('t'));
}

/** Four decimals for every term, so that the eye can add them up. @param {number} value */
function term(value) {
  return (value < 0 ? '−' : '') + Math.abs(value).toFixed(4);
}

/**
 * @param {Element} symbol
 * @param {number} value
 * @param {string} words
 */
function summand(symbol, value, words) {
  const box = document.createElement('div');
  const amount = document.createElement('strong');
  amount.textContent = term(value);
  const name = document.createElement('span');
  name.textContent = words;
  box.append(symbol, amount, name);
  return box;
}

/** @param {string} sign */
function operator(sign) {
  const box = document.createElement('span');
  box.className = 'compare-operator';
  box.textContent = sign;
  return box;
}

/**
 * Sum of the margin map + difference of the biases = difference of the logits; or why that does not hold here.
 *
 * @param {Comparison} comparison
 * @param {Model} model
 * @returns {Element[]}
 */
export function sum({ arithmetic, maps, predicted, expected }, { linearHeadLayer }) {
  const note = document.createElement('p');
  note.className = 'hint';
  if (!arithmetic) {
    note.textContent =
      linearHeadLayer === null
        ? 'The head of this network is more than one linear layer, so that the maps do not add up to the logits.'
        : `At ${maps.margin.layer} the maps do not add up to the logits: the layers after it have biases of their own, ` +
          `which belong to no place. At ${linearHeadLayer} they add up.`;
    return [note];
  }
  const cells = math('munder', math('mo', '∑'), math('mi', 'ij'));
  const row = document.createElement('div');
  row.className = 'compare-terms';
  row.append(
    summand(
      math('math', cells, math('msub', math('mi', 'M'), math('mi', 'ij'))),
      arithmetic.sum,
      'sum of the margin map',
    ),
    operator('+'),
    summand(difference('b'), arithmetic.biases, 'difference of the biases'),
    operator('='),
    summand(difference('z'), arithmetic.logits, 'difference of the logits'),
  );
  note.textContent =
    `p is ${predicted.label}, t is ${expected.label}. ` +
    `What rounding leaves over: ${scientific(arithmetic.residual)}.`;
  return [row, note];
}

/**
 * Where the evidence for the predicted class lies, in plain words.
 *
 * @param {Comparison} comparison
 */
export function spread({ maps: { margin }, spread: shares, predicted, expected }) {
  const association = 'This is association, not cause.';
  if (margin.blank) {
    return (
      `No place argues more for ${predicted.label} than for ${expected.label} at ${margin.layer}: ` +
      `the margin map runs from ${signed(margin.minimum)} to ${signed(margin.maximum)}. ${association}`
    );
  }
  const { strongestQuarter, border, outsideMiddle, even } = shares;
  return (
    `Of all that argues more for ${predicted.label} than for ${expected.label}, ` +
    `${wholePercent(strongestQuarter)} lies in the strongest quarter of the cells, ` +
    `${wholePercent(border)} on the border and ${wholePercent(outsideMiddle)} outside the middle. ` +
    `An even spread would have ${wholePercent(0.25)}, ${wholePercent(even.border)} and ` +
    `${wholePercent(even.outsideMiddle)} there. ${association}`
  );
}
