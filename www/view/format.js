// Numbers and places in words: the one spelling of each on the whole page.

// Narrow and unbreakable, as between a number and its unit.
const SPACE = '\u202f';

/** @param {number} share */
export function percent(share) {
  if (share > 0 && share < 0.0005) return `<${SPACE}0.1${SPACE}%`;
  // A certainty that only rounding makes whole would claim too much.
  if (share < 1 && share >= 0.9995) return `>${SPACE}99.9${SPACE}%`;
  return `${(share * 100).toFixed(1)}${SPACE}%`;
}

/** @param {number} share */
export function wholePercent(share) {
  return `${Math.round(share * 100)}${SPACE}%`;
}

/**
 * Three significant digits and a true minus sign: maps range from thousandths to tens.
 *
 * @param {number} value
 */
export function number(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const digits = size >= 1e-4 && size < 1e5 ? String(Number(size.toPrecision(3))) : size.toExponential(1);
  return (value < 0 ? '−' : '') + digits.replace('e-', 'e−');
}

/**
 * For values of any size: 3.2 × 10⁻⁷.
 *
 * @param {number} value
 */
export function scientific(value) {
  if (!Number.isFinite(value)) return 'not finite';
  const [digits, exponent] = value.toExponential(1).split('e');
  const power = exponent.replace(/[-+\d]/g, (character) =>
    character === '+' ? '' : character === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(character)],
  );
  const factor = digits.replace('-', '−').replace(/\.0$/, '');
  if (exponent === '+0') return factor;
  return factor === '1' ? `10${power}` : `${factor}${SPACE}×${SPACE}10${power}`;
}

/** With its sign, as of something that is added. @param {number} value */
export function signed(value) {
  return (value > 0 ? '+' : '') + number(value);
}

/** @param {number} value */
export function logit(value) {
  return (value < 0 ? '−' : '') + Math.abs(value).toFixed(2);
}

/** Of ranks, from −1 to 1. @param {number} value */
export function correlation(value) {
  return logit(value);
}

/** Under a curve, from 0 to 1. @param {number} value */
export function area(value) {
  return value.toFixed(3);
}

/** With “and” before the last. @param {string[]} names */
export function list(names) {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** @param {number} value */
export function milliseconds(value) {
  return `${value < 10 ? value.toFixed(1) : Math.round(value)}${SPACE}ms`;
}

/** @param {number} rate */
export function framesPerSecond(rate) {
  return `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}${SPACE}fps`;
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}

/**
 * Where a point of the photo lies, as one would say it.
 *
 * @param {number} x share of the width
 * @param {number} y share of the height
 */
export function place(x, y) {
  const row = y < 1 / 3 ? 'upper' : y > 2 / 3 ? 'lower' : '';
  const column = x < 1 / 3 ? 'left' : x > 2 / 3 ? 'right' : '';
  const words = row && column ? `${row} ${column}` : row ? `${row} middle` : column || 'centre';
  return `at the ${words}, ${wholePercent(x)} across and ${wholePercent(y)} down the photo`;
}

/**
 * A difference, with its sign even where it is a gain.
 *
 * @param {number} value
 * @param {number} digits after the point
 */
function withSign(value, digits) {
  const size = Math.abs(value).toFixed(digits);
  return Number(size) === 0 ? size : (value < 0 ? '−' : '+') + size;
}

/** A difference of probabilities, in percentage points. @param {number} difference */
export function points(difference) {
  return `${withSign(100 * difference, 1)}${SPACE}pp`;
}

/** @param {number} difference */
export function logitDifference(difference) {
  return withSign(difference, 2);
}
