// The results of the benchmark, row by row, measured and put into words.

import { Agreement } from './agreement.mjs';
import { downloads } from './download.mjs';
import { timeFolder } from './folder.mjs';
import { timeHovers } from './hover.mjs';
import { watchMemory } from './memory.mjs';
import { timeStarts } from './start.mjs';
import { Samples } from './statistics.mjs';
import { print, say } from './terminal.mjs';
import { time } from './time.mjs';

/** @typedef {import('./table.mjs').Result} Result */
/** @typedef {import('./files.mjs').Reference} Reference */
/** @typedef {import('./browser.mjs').Browser} Browser */

const CODE_BOUND = 600e3;
const START_BOUND = 1.2;
/** Milliseconds: a frame of 60 to the second. */
const HOVER_BOUND = 16;
const HOVERS_PER_RUN = 7;
const FOLDER_BOUND = 1.05;
const FOLDER_MEMORY_BOUND = 1.2;
const MEMORY_BOUND = 256 * 2 ** 20;
/** After so many explanations memory has its size; what grows later may grow for ever. */
const SETTLED = 10;

/**
 * @typedef {typeof timedResults} Measure
 * @param {Browser} browser @param {import('./rows.mjs').TimedRow[]} rows
 * @param {import('./time.mjs').Rounds} rounds @param {Reference} reference
 * @returns {Promise<Result[]>}
 */
export async function timedResults(browser, rows, rounds, reference) {
  const page = await browser.open();
  say('Agreement with PyTorch (relative L2 unless said otherwise), then the times');
  const times = await time(page, rows, rounds, new Agreement(reference));
  await page.close();
  return rows.map(({ name, what, ours, rival, against, bound }) => {
    const [here, there] = [new Samples(times(ours)), new Samples(times(rival))];
    print(`  ${name}, ours: ${here}`, `  ${name}, ${against}: ${there}`);
    return ratioResult(what, here, there, against, bound);
  });
}

/** @param {Browser} browser @param {string} flavour @param {number} runs @param {Reference} reference */
export async function startResult(browser, flavour, runs, reference) {
  say('First explanation');
  const { ours, rival } = await timeStarts(browser.open, flavour, reference, runs);
  print(`  ours: ${ours}`, `  onnxruntime-web: ${rival}`);
  const what = "from a model's bytes to the first explanation, the engine's loading included";
  return ratioResult(what, ours, rival, 'onnxruntime-web, first forward', START_BOUND);
}

/** @param {Browser} browser @param {string} flavour @param {number} runs @returns {Promise<Result>} */
export async function hoverResult(browser, flavour, runs) {
  say('Pointing at classes');
  const page = await browser.visit(flavour);
  const samples = await timeHovers(page, runs * HOVERS_PER_RUN);
  await page.close();
  print(`  ${samples}`);
  return {
    what: 'from pointing at a class to its map, drawn',
    ours: `${samples.median.toFixed(1)} ms`,
    rival: '',
    ratio: '',
    bound: `≤ ${HOVER_BOUND} ms`,
    holds: samples.median <= HOVER_BOUND,
  };
}

/** @param {Browser} browser @param {string} flavour @param {number} rounds @returns {Promise<Result[]>} */
export async function folderResults(browser, flavour, rounds) {
  say('A folder of photos');
  const page = await browser.visit(flavour);
  const { folder, single, workers, peak, one } = await timeFolder(page, rounds);
  await page.close();
  print(`  in a folder: ${folder}`, `  singly: ${single}`);
  const growth = peak / one;
  return [
    ratioResult(
      `a photo of a folder, time of one core of ${workers}`,
      folder,
      single,
      'single explanations on as many',
      FOLDER_BOUND,
    ),
    {
      what: 'peak WebAssembly memory of a worker over a folder',
      ours: mebibytes(peak),
      rival: `${mebibytes(one)} (one explanation)`,
      ratio: growth.toFixed(2),
      bound: `≤ ${FOLDER_MEMORY_BOUND.toFixed(2)}`,
      holds: growth <= FOLDER_MEMORY_BOUND,
    },
  ];
}

/** @param {string[]} flavours @returns {Promise<Result>} */
export async function codeResult(flavours) {
  say('Code that a visitor downloads');
  const { engines, page, onnxruntime } = await downloads(flavours);
  for (const { flavour, bytes } of engines)
    print(`  ${flavour}: ${kilobytes(bytes)}; the whole page: ${kilobytes(bytes + page)}`);
  const largest = Math.max(...engines.map(({ bytes }) => bytes));
  return {
    what: 'code downloaded, brotli',
    ours: `${kilobytes(largest)} (the whole page: ${kilobytes(largest + page)})`,
    rival: `${kilobytes(onnxruntime)} (onnxruntime-web)`,
    ratio: (largest / onnxruntime).toFixed(2),
    bound: `≤ ${kilobytes(CODE_BOUND)}`,
    holds: largest <= CODE_BOUND,
  };
}

/**
 * @param {Browser} browser @param {string[]} flavours @param {number} target @param {number} explanations
 * @returns {Promise<Result>}
 */
export async function memoryResult(browser, flavours, target, explanations) {
  say(`Memory over ${explanations} explanations`);
  // Nothing is timed here, so all may run at once.
  const growths = await Promise.all(
    flavours.map(async (flavour) => watchMemory(await browser.open(), flavour, target, explanations)),
  );
  for (const { flavour, bytes, lastGrowth } of growths)
    print(`  ${flavour}: ${mebibytes(bytes)}, grown last at explanation ${lastGrowth}`);
  const largest = Math.max(...growths.map(({ bytes }) => bytes));
  const flat = growths.every(({ lastGrowth }) => lastGrowth <= SETTLED);
  return {
    what: `peak WebAssembly memory over ${explanations} explanations at \`layer1.0\` and the input`,
    ours: `${mebibytes(largest)}, ${flat ? 'flat' : 'growing'}`,
    rival: '',
    ratio: '',
    bound: `≤ ${mebibytes(MEMORY_BOUND)}, flat`,
    holds: largest <= MEMORY_BOUND && flat,
  };
}

/**
 * @param {string} what
 * @param {import('./statistics.mjs').Samples} ours
 * @param {import('./statistics.mjs').Samples} rival
 * @param {string} against
 * @param {number} bound
 * @returns {Result}
 */
function ratioResult(what, ours, rival, against, bound) {
  const ratio = ours.median / rival.median;
  return {
    what,
    ours: `${ours.median.toFixed(0)} ms`,
    rival: `${rival.median.toFixed(0)} ms (${against})`,
    ratio: ratio.toFixed(2),
    bound: `≤ ${bound.toFixed(2)}`,
    holds: ratio <= bound,
  };
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1e3).toFixed(0)} KB`;
}

/** @param {number} bytes */
function mebibytes(bytes) {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
