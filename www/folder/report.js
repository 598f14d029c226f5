// A folder's study as one file to keep or to send: static HTML without a script, with its pictures in it. It loads nothing,
// and its own policy says so.

import { percent, logit } from '../view/format.js';
import { isAnswered } from './answer.js';
import { sharesChart } from './chart.js';
import { escaped } from './markup.js';
import { REPORT_STYLE } from './report-style.js';
import { select, EVERYTHING } from './selection.js';
import { answeredCount, expectedLabel, findingsOf, knowsClasses } from './study.js';
import { isDisagreement } from './statistics.js';
import {
  accuracyWords,
  ASSOCIATION,
  counted,
  questionWords,
  SHARES_NOTE,
  sharesWords,
  whole,
} from './words.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./statistics.js').Agreement} Agreement */
/** @typedef {import('./statistics.js').Summary} Summary */
/** @typedef {import('./study.js').Study} Study */

/** Pictures in a report: some kilobytes each. */
const MOST_PICTURES = 500;

/** @param {string[]} cells @param {'td' | 'th'} [tag] */
function row(cells, tag = 'td') {
  const all = cells.map((cell, index) =>
    tag === 'th'
      ? `<th scope="col">${cell}</th>`
      : index === 0
        ? `<th scope="row">${cell}</th>`
        : `<td>${cell}</td>`,
  );
  return `<tr>${all.join('')}</tr>`;
}

/** @param {string[]} headings @param {string[][]} rows what is in them is markup */
function table(headings, rows) {
  const body = rows.map((cells) => row(cells)).join('\n');
  return `<div class="scroll"><table><thead>${row(headings, 'th')}</thead><tbody>${body}</tbody></table></div>`;
}

/** @param {Study} study */
function aboutModels({ models, question }) {
  const rows = models.map(({ name, model }) => [
    escaped(name),
    escaped(model.architecture),
    whole(model.labels.length),
    `<code>${model.sha256 ?? 'unknown: the page was not secure'}</code>`,
  ]);
  return (
    `<p>Maps by ${escaped(questionWords(question, models[0].model))}, each of the class that was predicted.</p>` +
    table(['Model', 'Architecture', 'Classes', 'SHA-256 of its file'], rows)
  );
}

/** @param {Summary} summary */
function findings(summary) {
  const { known, failed, answered, classes, predicted, confusions } = summary;
  const figures = [
    known > 0
      ? `<p class="figure">${escaped(accuracyWords(summary))}</p>`
      : `<p>${accuracyWords(summary)}</p>`,
    `<p>${counted(answered)} answered${failed > 0 ? `, ${whole(failed)} that could not be read` : ''}` +
      `${known > 0 && known < answered ? `, ${whole(answered - known)} in no folder named after a class` : ''}.</p>`,
  ];
  const shares =
    summary.shares.all.count > 0
      ? `<h3>Where the maps lie</h3><p>${sharesWords(summary)}</p>${sharesChart(summary)}<p class="hint">${SHARES_NOTE}</p>`
      : '';
  const byClass =
    known > 0
      ? `<h3>Accuracy by class</h3>${table(
          ['Class', 'Right', 'Of', 'Accuracy'],
          classes.map(({ label, total, right }) => [
            escaped(label),
            whole(right),
            whole(total),
            percent(right / total),
          ]),
        )}`
      : `<h3>What it said</h3>${table(
          ['Class', 'Photos'],
          predicted.map(({ label, count }) => [escaped(label), whole(count)]),
        )}`;
  const confused =
    confusions.length > 0
      ? `<h3>Taken for another class</h3>${table(
          ['Should be', 'The network says', 'Photos'],
          confusions.map((each) => [escaped(each.expected), escaped(each.predicted), whole(each.count)]),
        )}`
      : '';
  return figures.join('') + shares + byClass + confused;
}

/** @param {Study} study @param {Agreement} agreement */
function agreementSection({ models }, { both, same, known, bothRight, onlyFirst, onlySecond, bothWrong }) {
  const [first, second] = models.map(({ name }) => escaped(name));
  const counts =
    known > 0
      ? table(
          ['', `${second} right`, `${second} wrong`],
          [
            [`${first} right`, whole(bothRight), whole(onlyFirst)],
            [`${first} wrong`, whole(onlySecond), whole(bothWrong)],
          ],
        )
      : '';
  return (
    `<section><h2>Where the two agree</h2><p>The same name for ${whole(same)} of ${counted(both)}` +
    `${both > 0 ? ` (${percent(same / both)})` : ''}.</p>${counts}</section>`
  );
}

/** @param {Blob} blob @returns {Promise<string>} */
function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {Answer | null} answer @param {string} by the model's name, where there are two */
async function answerMarkup(answer, by) {
  if (!answer) return '';
  if (!isAnswered(answer)) return `<p>${by}${escaped(answer.error)}</p>`;
  const { predicted, right, margin, overlay, blank } = answer;
  const picture = overlay ? `<img src="${await dataUrl(overlay)}" alt="" width="192" height="192">` : '';
  const outcome = right ? '<span class="right">✓ right</span>' : '<span class="wrong">✗ wrong</span>';
  const mark = right === null ? '' : ` ${outcome}`;
  return (
    `<div class="answer">${picture}<p>${by}<strong>${escaped(predicted.label)}</strong> ${percent(predicted.probability)}${mark}` +
    `<br><span class="hint">margin ${logit(margin)}${blank ? ', blank map' : ''}</span></p></div>`
  );
}

/** @param {Study} study @param {number} index */
async function photoMarkup(study, index) {
  const { name, folder } = study.photos[index];
  const expected = expectedLabel(study, index);
  const answers = await Promise.all(
    study.answers[index].map((answer, model) =>
      answerMarkup(
        answer,
        study.models.length > 1 ? `<span class="by">${escaped(study.models[model].name)}</span> ` : '',
      ),
    ),
  );
  const should = expected === null ? '' : `<p>should be <strong>${escaped(expected)}</strong></p>`;
  const file = `<p class="file">${escaped(folder ? `${folder}/${name}` : name)}</p>`;
  return `<li><div class="answers">${answers.join('')}</div>${should}${file}</li>`;
}

/** The photos that the report shows, the most telling first, and what they are called. @param {Study} study */
function shownPhotos(study) {
  const { answers, models } = study;
  const two = models.length > 1;
  if (!knowsClasses(study) && !two) {
    return {
      title: 'Photos',
      indices: select(answers, { ...EVERYTHING, sort: 'probability', descending: false }),
    };
  }
  const mistakes = select(answers, { ...EVERYTHING, show: 'wrong', sort: 'mistakes' });
  if (!two) return { title: 'Mistakes', indices: mistakes };
  const known = new Set(mistakes);
  const others = select(answers, { ...EVERYTHING, show: 'disagree' }).filter((index) => !known.has(index));
  const disagreements = mistakes.filter((index) => isDisagreement(answers[index]));
  const rest = mistakes.filter((index) => !isDisagreement(answers[index]));
  return { title: 'Disagreements and mistakes', indices: [...disagreements, ...others, ...rest] };
}

/** @param {Study} study */
async function photosSection(study) {
  const { title, indices } = shownPhotos(study);
  if (indices.length === 0) return `<section><h2>${title}</h2><p>There are none.</p></section>`;
  const shown = indices.slice(0, MOST_PICTURES);
  const items = [];
  for (const index of shown) items.push(await photoMarkup(study, index));
  const all =
    shown.length < indices.length
      ? `The first ${whole(shown.length)} of ${whole(indices.length)}; the table (CSV) has all of them.`
      : `${counted(indices.length)}, the most confident mistakes first.`;
  const line =
    title === 'Photos' ? all.replace('the most confident mistakes first', 'the least confident first') : all;
  return `<section><h2>${title}</h2><p>${line}</p><ul class="photos${study.models.length > 1 ? ' pairs' : ''}">${items.join('\n')}</ul></section>`;
}

/** @param {Study} study */
function failuresSection({ photos, models, answers }) {
  const failures = answers.flatMap((each, index) =>
    each.flatMap((answer, model) =>
      answer && !isAnswered(answer) ? [{ index, model, error: answer.error }] : [],
    ),
  );
  if (failures.length === 0) return '';
  const rows = failures.map(({ index, model, error }) => {
    const { name, folder } = photos[index];
    const by = models.length > 1 ? [escaped(models[model].name)] : [];
    return [escaped(folder ? `${folder}/${name}` : name), ...by, escaped(error)];
  });
  const headings = ['Photo', ...(models.length > 1 ? ['Model'] : []), 'What is wrong'];
  return `<section><h2>Without an answer</h2>${table(headings, rows)}</section>`;
}

/**
 * @param {Study} study
 * @param {{ version: string, date: Date }} made when, and by which version of the site
 * @returns {Promise<Blob>}
 */
export async function reportOf(study, { version, date }) {
  const { name, models, photos } = study;
  const { models: summaries, agreement } = findingsOf(study);
  const title = `${name}: what the network looked at`;
  const done = answeredCount(study);
  const day = date.toLocaleDateString('en-GB', { dateStyle: 'long' });
  const unfinished = done < photos.length ? ` Not finished: ${whole(done)} of them have been answered.` : '';
  const parts = [
    `<!doctype html>\n<html lang="en"><head><meta charset="utf-8">` +
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">` +
      `<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">` +
      `<title>${escaped(title)}</title><style>${REPORT_STYLE}</style></head><body><header><h1>${escaped(name)}</h1>` +
      `<p>${counted(photos.length)}, studied with Grad-CAM in the browser ${escaped(version)} on ${day}.${unfinished}</p></header><main>`,
    `<section><h2>How</h2>${aboutModels(study)}</section>`,
    agreement ? agreementSection(study, agreement) : '',
    ...summaries.map(
      (summary, index) =>
        `<section><h2>${models.length > 1 ? escaped(models[index].name) : 'Findings'}</h2>${findings(summary)}</section>`,
    ),
    await photosSection(study),
    failuresSection(study),
    `</main><footer><p>${ASSOCIATION}</p></footer></body></html>\n`,
  ];
  return new Blob(parts, { type: 'text/html' });
}
