// The small chart of where maps lie, right answers against wrong ones, as SVG text: for the page and for the report.

import { wholePercent } from '../view/format.js';
import { escaped } from './markup.js';
import { SHARES, counted } from './words.js';

/** @typedef {import('./statistics.js').Summary} Summary */
/** @typedef {import('./statistics.js').Shares} Shares */

/** Of the drawing, in units that are pixels at its usual size. */
const WIDTH = 360;
const LEFT = 52;
const RIGHT = 44;
const BAR = 14;
const GAP = 4;
const TITLE = 20;
const SPACE = 14;

/** The bars of each group: right and wrong, or all where that is not known. @param {Summary} summary */
function kinds({ known, shares }) {
  /** @type {{ kind: 'right' | 'wrong' | 'all', shares: Shares }[]} */
  const all =
    known > 0
      ? [
          { kind: 'right', shares: shares.right },
          { kind: 'wrong', shares: shares.wrong },
        ]
      : [{ kind: 'all', shares: shares.all }];
  return all;
}

/** The same in words, for those who do not see it. @param {Summary} summary */
function description(summary) {
  const parts = SHARES.map(({ key, title }) => {
    const values = kinds(summary)
      .filter(({ shares }) => shares.count > 0)
      .map(({ kind, shares }) => `${kind} ${wholePercent(shares[key])}`);
    const even = summary.even ? `, even ${wholePercent(summary.even[key])}` : '';
    return `${title}: ${values.join(', ')}${even}.`;
  });
  const counts = kinds(summary).map(({ kind, shares }) => `${kind}: ${counted(shares.count)}`);
  return `${parts.join(' ')} ${counts.join(', ')}.`;
}

/**
 * Its style goes by the classes.
 *
 * @param {Summary} summary
 * @returns {string}
 */
export function sharesChart(summary) {
  const bars = kinds(summary);
  const group = TITLE + bars.length * (BAR + GAP) + SPACE;
  const room = WIDTH - LEFT - RIGHT;
  const across = (/** @type {number} */ share) => (LEFT + share * room).toFixed(1);
  const parts = SHARES.map(({ key, title }, place) => {
    const top = place * group;
    const base = top + TITLE + bars.length * (BAR + GAP);
    const even = summary.even?.[key];
    const drawn = bars.map(({ kind, shares }, row) => {
      const y = top + TITLE + row * (BAR + GAP);
      const text = y + BAR - 3;
      const name = `<text class="bar-name" x="0" y="${text}">${kind}</text>`;
      if (shares.count === 0) return `${name}<text class="bar-name" x="${LEFT}" y="${text}">none</text>`;
      const width = (shares[key] * room).toFixed(1);
      return (
        `${name}<rect class="bar ${kind}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2"/>` +
        `<text class="bar-value" x="${WIDTH}" y="${text}" text-anchor="end">${wholePercent(shares[key])}</text>`
      );
    });
    const line =
      even === undefined
        ? ''
        : `<line class="even" x1="${across(even)}" x2="${across(even)}" y1="${top + TITLE - 4}" y2="${base}"/>` +
          `<text class="even-name" x="${WIDTH}" y="${top + 12}" text-anchor="end">even: ${wholePercent(even)}</text>`;
    return `<text class="bar-title" x="0" y="${top + 12}">${escaped(title)}</text>${drawn.join('')}${line}`;
  });
  const height = SHARES.length * group - SPACE;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" class="shares-chart" viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `aria-label="${escaped(description(summary))}">${parts.join('')}</svg>`
  );
}
