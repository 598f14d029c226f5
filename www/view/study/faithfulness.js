// Deletion and insertion: what becomes of the probability while the photo vanishes, or appears, in the order of the map.

import { element, write } from '../element.js';
import { area, percent, wholePercent } from '../format.js';
import { drawChart } from './chart.js';
import { createLongRun } from './long-run.js';

/** @typedef {import('../../gradcam.js').CurveKind} CurveKind */
/** @typedef {import('../../gradcam.js').CurvePoint} CurvePoint */
/** @typedef {import('../../gradcam.js').Faithfulness} Faithfulness */
/** @typedef {import('../../gradcam.js').Ranking} Ranking */

/** Steps from all of the photo to none of it. */
const STEPS = 20;

/** @type {CurveKind[]} */
const KINDS = ['deletion', 'insertion'];

/** @type {{ ranking: Ranking, name: string }[]} */
const RANKINGS = [
  { ranking: 'map', name: 'this map' },
  { ranking: 'random', name: 'at random' },
  { ranking: 'centre', name: 'from the centre' },
];

const FRAME = { width: 400, height: 250, left: 46, right: 20, top: 26, bottom: 42 };

/** Ends of the vertical axis: a faint class need not lie flat at the bottom. */
const ENDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];

/** @typedef {{ label: string, points: CurvePoint[], result: Faithfulness | null }} Found */

/** @param {Found} found @param {CurveKind} kind @param {Ranking} ranking */
function curve({ points }, kind, ranking) {
  return points
    .filter((point) => point.kind === kind && point.ranking === ranking)
    .sort((a, b) => a.share - b.share);
}

/** @param {Element} chart @param {Found} found @param {CurveKind} kind */
function drawCurves(chart, found, kind) {
  const { label, points, result } = found;
  const highest = Math.max(...points.map(({ probability }) => probability));
  const end = ENDS.find((each) => each >= highest) ?? 1;
  const series = RANKINGS.map(({ ranking, name }) => ({
    // Names find their place once no line will run through them any more.
    name: result ? name : '',
    kind: ranking,
    points: curve(found, kind, ranking).map(
      ({ share, probability }) => /** @type {[number, number]} */ ([share, probability]),
    ),
  }));
  const y = [0, end / 2, end].map((at) => ({ at, label: end < 0.1 ? percent(at) : wholePercent(at) }));
  const x = [0, 0.5, 1].map((at) => ({ at, label: wholePercent(at) }));
  const along = `Share of the photo ${kind === 'deletion' ? 'removed' : 'brought back'}`;
  drawChart(chart, FRAME, { x, y, along, up: `Probability of ${label}` }, series);
  const areas = result?.curves.filter((each) => each.kind === kind) ?? [];
  const figures = RANKINGS.flatMap(({ ranking, name }) =>
    areas.filter((each) => each.ranking === ranking).map((each) => `${area(each.area)} ${name}`),
  );
  const words = figures.length > 0 ? `areas under the curves ${figures.join(', ')}` : 'not finished';
  chart.setAttribute(
    'aria-label',
    `${kind === 'deletion' ? 'Deletion' : 'Insertion'} curves: ${words}. The points are in the table below.`,
  );
}

/** @param {Faithfulness} result @param {CurveKind} kind @returns {Ranking} */
function best({ curves }, kind) {
  const [first] = curves
    .filter((each) => each.kind === kind)
    .sort((a, b) => (kind === 'deletion' ? a.area - b.area : b.area - a.area));
  return first.ranking;
}

/** @param {Faithfulness} result */
function verdict(result) {
  const [deletion, insertion] = KINDS.map((kind) => best(result, kind) === 'map');
  if (deletion && insertion)
    return 'In both tests the map finds what the probability rests on sooner than the two orders that know nothing of the photo.';
  if (deletion || insertion)
    return `The map is the best order for ${deletion ? 'deletion' : 'insertion'}, but not for ${deletion ? 'insertion' : 'deletion'}.`;
  return 'In neither test is the map the best: an order that knows nothing of the photo does better.';
}

/** @param {Faithfulness} result @param {string} label */
function drop({ averageDrop }, label) {
  const left = `With only what the map shows left of the photo, the probability of “${label}”`;
  return averageDrop > 0
    ? `${left} loses ${percent(averageDrop)} of its value (average drop; low is good).`
    : `${left} does not fall at all (average drop 0; low is good).`;
}

/** @param {string} name @param {string} text */
function cell(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** @param {Found} found */
function areaRows({ result }) {
  return RANKINGS.map(({ ranking, name }) => {
    const row = document.createElement('tr');
    const head = cell('th', name);
    head.setAttribute('scope', 'row');
    head.className = `sample-line ${ranking}`;
    row.append(head);
    for (const kind of KINDS) {
      const found = result?.curves.find((each) => each.kind === kind && each.ranking === ranking);
      const data = cell('td', found ? area(found.area) : '…');
      if (result && best(result, kind) === ranking) data.append(cell('strong', ' best'));
      row.append(data);
    }
    return row;
  });
}

/** @param {Found} found */
function pointRows(found) {
  const curves = KINDS.flatMap((kind) => RANKINGS.map(({ ranking }) => curve(found, kind, ranking)));
  const shares = [...new Set(found.points.map(({ share }) => share))].sort((a, b) => a - b);
  return shares.map((share) => {
    const row = document.createElement('tr');
    const head = cell('th', wholePercent(share));
    head.setAttribute('scope', 'row');
    const data = curves.map((points) => {
      const point = points.find((each) => each.share === share);
      return cell('td', point ? percent(point.probability) : '');
    });
    row.append(head, ...data);
    return row;
  });
}

/**
 * @param {Pick<Parameters<typeof createLongRun>[0], 'engine' | 'sentence'>} actions
 * @returns {(state: import('../state.js').State) => void}
 */
export function createFaithfulness(actions) {
  const charts = KINDS.map((kind) => ({ kind, chart: element(`${kind}-chart`, SVGSVGElement) }));
  const areas = element('areas', HTMLElement);
  const points = element('points', HTMLElement);
  const words = element('faithfulness-words', HTMLElement);
  const dropped = element('average-drop', HTMLElement);
  /** @type {unknown[]} */
  let drawn = [];

  return createLongRun({
    ...actions,
    prefix: 'faithfulness',
    unit: 'points',
    begin: 'Draw the curves',
    fresh: ({ result }) =>
      /** @type {Found} */ ({
        label: result.explanation.target.label,
        points: [],
        result: null,
      }),
    async compute(cam, { photo, result }, found, signal, tell) {
      const { map, target } = result.explanation;
      found.result = await cam.faithfulness(photo, {
        layer: map.layer,
        method: map.method,
        target: target.index,
        steps: STEPS,
        signal,
        onPoint(point) {
          found.points.push(point);
          tell(point.done, point.total);
        },
      });
    },
    show({ data }) {
      const wanted = [data, data.points.length, data.result];
      if (wanted.every((value, index) => value === drawn[index])) return;
      drawn = wanted;
      charts.forEach(({ kind, chart }) => drawCurves(chart, data, kind));
      areas.replaceChildren(...areaRows(data));
      points.replaceChildren(...pointRows(data));
      write(words, data.result ? verdict(data.result) : '');
      write(dropped, data.result ? drop(data.result, data.label) : '');
    },
  });
}
