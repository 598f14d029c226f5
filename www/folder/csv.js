// A folder's answers as a table for other programs: RFC 4180, in UTF-8, a line for each photo and model.

import { isAnswered } from './answer.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./study.js').Study} Study */

/**
 * The columns, whose names stay: other programs go by them. Shares and probabilities run from 0 to 1, of the positive part
 * of the predicted class's map and of 1; a blank map has no shares.
 */
const COLUMNS = [
  'photo',
  'folder',
  'model',
  'expected_index',
  'expected',
  'predicted_index',
  'predicted',
  'outcome',
  'probability',
  'expected_probability',
  'margin_logits',
  'border_share',
  'outside_middle_share',
  'strongest_quarter_share',
  'blank_map',
  'layer',
  'method',
  'model_sha256',
  'error',
];

/** Programs that calculate take a cell that begins so for a formula, which a file's name must never be; a number is none. */
const FORMULA = /^(?![+-]?\d+(\.\d+)?$)[=+\-@＝＋－＠\t\r\n]/;

/** @param {string | number | boolean | null} value */
function cell(value) {
  if (value === null) return '';
  const text = typeof value === 'string' && FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Seven digits: what float32 has. @param {number} value */
function digits(value) {
  return Number(value.toPrecision(7));
}

/** @param {Answer} answer */
export function outcome(answer) {
  if (!isAnswered(answer)) return 'failed';
  if (answer.right === null) return 'unknown';
  return answer.right ? 'right' : 'wrong';
}

/** @param {Study} study @param {number} index of the photo @param {number} model */
function lineOf({ photos, models, question, answers, expected }, index, model) {
  const answer = answers[index][model];
  if (!answer) return null;
  const { name, folder } = photos[index];
  const { labels, sha256 } = models[model].model;
  const wanted = expected[index][model];
  const known = isAnswered(answer) ? answer : null;
  const spread = known && !known.blank ? known.spread : null;
  /** @type {(string | number | boolean | null)[]} */
  const cells = [
    name,
    folder,
    models[model].name,
    wanted,
    wanted === null ? null : labels[wanted],
    known && known.predicted.index,
    known && known.predicted.label,
    outcome(answer),
    known && digits(known.predicted.probability),
    known?.expected ? digits(known.expected.probability) : null,
    known && digits(known.margin),
    spread && digits(spread.border),
    spread && digits(spread.outsideMiddle),
    spread && digits(spread.strongestQuarter),
    known && known.blank,
    question.layer,
    question.method,
    sha256,
    'error' in answer ? answer.error : null,
  ];
  return cells;
}

/**
 * What has been answered so far, in the order of the photos.
 *
 * @param {Study} study
 * @returns {Blob}
 */
export function csvOf(study) {
  const lines = study.photos.flatMap((_, index) =>
    study.models.flatMap((_, model) => {
      const line = lineOf(study, index, model);
      return line ? [line] : [];
    }),
  );
  const text = [COLUMNS, ...lines].map((line) => `${line.map(cell).join()}\r\n`).join('');
  // Spreadsheets take a file without this mark for one in the system's own encoding.
  return new Blob(['\ufeff', text], { type: 'text/csv' });
}
