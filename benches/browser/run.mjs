// The benchmark: the engines against onnxruntime-web and TensorFlow.js, in one browser, on the same weights and input.
//
//     ./build.sh bench [--runs N] [--only ROW] [--explanations N] [--write]
//
//     --runs N          measurements of each kind (15); a fifth of them on WebGPU where that is software
//     --only ROW        one row of the table; a name that is none lists them
//     --explanations N  how many explanations the memory is watched over (100)
//     --write           put the table into README.md
//
// A missed bound is told and is no failure: another machine, or a busy one, has other ratios. Answers that disagree are.

import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { launch } from './browser.mjs';
import { Reference, builtFlavours, prepare } from './files.mjs';
import {
  codeResult,
  folderResults,
  hoverResult,
  memoryResult,
  startResult,
  timedResults,
} from './results.mjs';
import { timedRows, usualFlavour, webgpuRows } from './rows.mjs';
import { terminalTable, writeReadme } from './table.mjs';
import { print, say } from './terminal.mjs';
import { webgpuResults } from './webgpu.mjs';

/** Browsers compile WebAssembly again, better, where it runs often. */
const WARM_UP = 3;

async function main() {
  const { values: options } = parseArgs({
    options: {
      runs: { type: 'string', default: '15' },
      only: { type: 'string' },
      explanations: { type: 'string', default: '100' },
      write: { type: 'boolean', default: false },
    },
  });
  const runs = count('runs', options.runs);
  const explanations = count('explanations', options.explanations);
  const flavours = builtFlavours();
  const reference = new Reference();
  const timed = timedRows(flavours, reference.target);
  const webgpu = webgpuRows(flavours, reference.target);
  const names = [
    ...[...timed, ...webgpu].map(({ name }) => name),
    'start',
    'hover',
    'folder',
    'code',
    'memory',
  ];
  if (options.only && !names.includes(options.only))
    throw new Error(`There is no row called ${options.only}. The rows are: ${names.join(', ')}.`);
  if (options.only && options.write)
    throw new Error('--write puts the whole table into README.md: leave --only out.');
  const wanted = (/** @type {string} */ name) => !options.only || options.only === name;

  say('Preparing');
  prepare(reference);
  const browser = await launch();
  const results = [];
  /** @type {string[]} */
  const webgpuConditions = [];
  try {
    const rows = timed.filter(({ name }) => wanted(name));
    // On pages of their own: even idle, other engines' workers take from the cores that threads are to share.
    const together = rows.filter(({ name }) => !name.startsWith('threads'));
    const alone = rows.filter(({ name }) => name.startsWith('threads')).map((row) => [row]);
    for (const group of [together, ...alone])
      if (group.length)
        results.push(...(await timedResults(browser, group, { warmUp: WARM_UP, runs }, reference)));
    const gpuRows = webgpu.filter(({ name }) => wanted(name));
    if (gpuRows.length) {
      const measured = await webgpuResults(gpuRows, runs, reference);
      results.push(...measured.results);
      webgpuConditions.push(...measured.conditions);
    }
    // Each starts a process of its own: half as many will do.
    if (wanted('start'))
      results.push(await startResult(browser, usualFlavour(flavours), Math.ceil(runs / 2), reference));
    if (wanted('hover')) results.push(await hoverResult(browser, usualFlavour(flavours), runs));
    // Each is some hundred photos long.
    if (wanted('folder'))
      results.push(...(await folderResults(browser, usualFlavour(flavours), Math.ceil(runs / 3))));
    if (wanted('code')) results.push(await codeResult(flavours));
    if (wanted('memory')) results.push(await memoryResult(browser, flavours, reference.target, explanations));
  } finally {
    await browser.close();
  }

  const conditions = [
    `Medians of ${runs} runs, interleaved, each the second of two in a row, in headless Chromium ${browser.version.split('.')[0]}`,
    `on ${cpus().length} cores of ${processor()}; one thread each unless said otherwise.`,
    ...webgpuConditions,
  ].join(' ');
  say(conditions);
  print(terminalTable(results));
  const missed = results.filter(({ holds }) => !holds).length;
  print(missed ? `${missed} of ${results.length} bounds are missed.` : 'All bounds hold.');
  if (options.write) writeReadme(results, conditions);
}

/** The processor's family: servers do not always tell the model, and a reader gains nothing from it. */
function processor() {
  return cpus()[0]
    .model.replaceAll(/\((R|TM)\)/g, '')
    .replace(/ (\d|CPU|@).*/, '');
}

/** @param {string} option @param {string} text */
function count(option, text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${option} takes a whole number from 1 on, not “${text}”.`);
  return number;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
