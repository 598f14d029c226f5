// Numbers, names and places in words: the one spelling of each on the whole page.

/** @typedef {import('../gradcam.js').Method} Method */

// Narrow and unbreakable, as between a number and its unit.
const SPACE = '\u202f';

/** @type {Record<Method, string>} */
const METHODS = {
  'grad-cam': 'Grad-CAM',
  'hires-cam': 'HiResCAM',
  'layer-cam': 'LayerCAM',
  'xgrad-cam': 'XGrad-CAM',
  'grad-cam++': 'Grad-CAM++',
};

/** @param {Method} method */
export function methodName(method) {
  return METHODS[method];
}

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

/** @param {number} value */
export function logit(value) {
  return (value < 0 ? '−' : '') + Math.abs(value).toFixed(2);
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
