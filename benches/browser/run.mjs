// The benchmark: the engines against onnxruntime-web and TensorFlow.js, in one browser, on the same weights and input; or
// against the engines of another build of this project.
//
//     ./build.sh bench [--runs N] [--only ROW] [--explanations N] [--write | --against DIR]
//
//     --runs N          measurements of each kind (15); a fifth of them against others on WebGPU where that is software
//     --only ROW        one row of the table; a name that is none lists them
//     --explanations N  how many explanations the memory is watched over (100)
//     --write           put the table into README.md
//     --against DIR     this build against the one of another checkout of the project, which lies in DIR
//
// A missed bound is told and is no failure: another machine, or a busy one, has other ratios. Answers that disagree are.

import { parseArgs } from 'node:util';
import { againstBuild } from './builds.mjs';
import { againstRivals } from './rivals.mjs';
import { terminalTable, writeReadme } from './table.mjs';
import { print, say } from './terminal.mjs';

async function main() {
  const { values: options } = parseArgs({
    options: {
      runs: { type: 'string', default: '15' },
      only: { type: 'string' },
      explanations: { type: 'string', default: '100' },
      write: { type: 'boolean', default: false },
      against: { type: 'string' },
    },
  });
  const runs = count('runs', options.runs);
  const explanations = count('explanations', options.explanations);
  const { only, write, against } = options;
  if (write && against !== undefined)
    throw new Error('--write puts the table against other engines into README.md: leave --against out.');
  if (write && only) throw new Error('--write puts the whole table into README.md: leave --only out.');

  const { results, conditions } =
    against === undefined
      ? await againstRivals({ runs, only, explanations })
      : await againstBuild(against, { runs, only });
  say(conditions);
  print(terminalTable(results));
  const missed = results.filter(({ holds }) => !holds).length;
  print(missed ? `${missed} of ${results.length} bounds are missed.` : 'All bounds hold.');
  if (write) writeReadme(results, conditions);
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
