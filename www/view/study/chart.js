// A line chart as SVG: axes in words, and the name of each line beside it where there is room.

import { placeNames } from './chart-names.js';

/**
 * A line through points, in shares of the chart's width and in the values of its axis.
 *
 * @typedef {object} Series
 * @property {string} name empty for a line that needs none
 * @property {string} kind what its style goes by
 * @property {[x: number, y: number][]} points
 */

/**
 * @typedef {object} Frame
 * @property {number} width of the drawing; the screen may show it larger or smaller
 * @property {number} height
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 */

/**
 * @typedef {object} Axes
 * @property {{ at: number, label: string }[]} x
 * @property {{ at: number, label: string }[]} y the first is the lower end, the last the upper
 * @property {string} along what the horizontal axis shows
 * @property {string} up and the vertical one
 */

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function svg(name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/**
 * @param {Element} chart an `svg`
 * @param {Frame} frame
 * @param {Axes} axes
 * @param {Series[]} series
 */
export function drawChart(chart, { width, height, left, right, top, bottom }, axes, series) {
  const [low, high] = [axes.y[0].at, axes.y[axes.y.length - 1].at];
  const room = { x: left, y: top, width: width - left - right, height: height - top - bottom };
  const across = (/** @type {number} */ x) => room.x + x * room.width;
  const down = (/** @type {number} */ y) => room.y + ((high - y) / (high - low)) * room.height;
  const base = room.y + room.height;
  const lines = series.map(({ name, kind, points }) => ({
    name,
    kind,
    points: points.map(([x, y]) => /** @type {[number, number]} */ ([across(x), down(y)])),
  }));
  chart.setAttribute('viewBox', `0 0 ${width} ${height}`);
  chart.replaceChildren(
    ...axes.y.flatMap(({ at, label }) => [
      svg('line', { class: 'grid', x1: room.x, x2: room.x + room.width, y1: down(at), y2: down(at) }),
      svg('text', { class: 'tick', x: room.x - 7, y: down(at) + 4, 'text-anchor': 'end' }, label),
    ]),
    ...axes.x.map(({ at, label }) =>
      svg('text', { class: 'tick', x: across(at), y: base + 17, 'text-anchor': 'middle' }, label),
    ),
    svg('text', { class: 'axis', x: 2, y: 13 }, axes.up),
    svg('text', { class: 'axis', x: room.x + room.width, y: height - 4, 'text-anchor': 'end' }, axes.along),
    ...lines.map(({ kind, points }) =>
      svg('polyline', {
        class: `series ${kind}`,
        points: points.map((point) => point.map((value) => value.toFixed(2)).join()).join(' '),
      }),
    ),
    ...lines
      .filter(({ kind }) => kind === 'dots')
      .flatMap(({ points }) => points.map(([x, y]) => svg('circle', { class: 'dot', cx: x, cy: y, r: 4 }))),
    ...placeNames(lines, room).flatMap(({ name, x, y, from, to }) => [
      svg('line', { class: 'leader', x1: from[0], y1: from[1], x2: to[0], y2: to[1] }),
      svg('circle', { class: 'anchor', cx: to[0], cy: to[1], r: 2.5 }),
      svg('text', { class: 'name', x, y }, name),
    ]),
  );
}
