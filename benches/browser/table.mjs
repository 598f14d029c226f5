// The table of results, for the terminal and for README.md.

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { ROOT } from './files.mjs';

/**
 * @typedef {object} Result
 * @property {string} what
 * @property {string} ours
 * @property {string} rival empty where there is none
 * @property {string} ratio
 * @property {string} bound
 * @property {boolean} holds
 */

/** @typedef {{ results: Result[], conditions: string }} Report `conditions`: sentences that say how it was measured */

const BEGIN = '<!-- benchmark: written by ./build.sh bench --write -->';
const END = '<!-- /benchmark -->';
const HEADINGS = ['what', 'here', 'there', 'ratio', 'bound'];

/** @param {Result} result */
function cells({ what, ours, rival, ratio, bound, holds }) {
  return [what, ours, rival, ratio, holds ? bound : `${bound}, missed`];
}

/** @param {Result[]} results */
export function terminalTable(results) {
  const lines = [HEADINGS, ...results.map((result) => cells(result).map((cell) => cell.replaceAll('`', '')))];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** In which browser, on what. @param {import('./browser.mjs').Browser} browser */
export function place({ version }) {
  return `in headless Chromium ${version.split('.')[0]} on ${cpus().length} cores of ${processor()}`;
}

/** The processor's family: servers do not always tell the model, and a reader gains nothing from it. */
function processor() {
  return cpus()[0]
    .model.replaceAll(/\((R|TM)\)/g, '')
    .replace(/ (\d|CPU|@).*/, '');
}

/** @param {Result[]} results @param {string} conditions a sentence that says how it was measured */
export function writeReadme(results, conditions) {
  const path = `${ROOT}README.md`;
  const text = readFileSync(path, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`README.md has no place for the table: it goes between “${BEGIN}” and “${END}”.`);
  const row = (/** @type {string[]} */ line) => `| ${line.join(' | ')} |`;
  const table = [
    row(HEADINGS),
    row(HEADINGS.map(() => '---')),
    ...results.map((result) => row(cells(result))),
  ];
  const written = [BEGIN, '', conditions, '', ...table, '', ''].join('\n');
  writeFileSync(path, text.slice(0, begin) + written + text.slice(end));
}
