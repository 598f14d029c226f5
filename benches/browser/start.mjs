// From a model's bytes to the first answer, with all that has to be loaded and compiled for it.

import { Samples } from './statistics.mjs';

/** @typedef {import('./browser.mjs').Page} Page */

/** @typedef {{ script: string, options: object, first: string, right: (answer: any) => boolean }} Starter */

/**
 * Starts ours and onnxruntime-web in turn, each time in a page of its own: within a process the browser keeps what it has
 * compiled.
 * @param {() => Promise<Page>} open
 * @param {string} flavour
 * @param {import('./files.mjs').Reference} reference
 * @param {number} runs
 */
export async function timeStarts(open, flavour, { target, logits }, runs) {
  /** @type {Starter} */
  const ours = {
    script: 'worker-session.js',
    options: { flavour },
    first: 'first',
    right: (predicted) => predicted === target,
  };
  /** @type {Starter} */
  const rival = {
    script: 'worker-onnxruntime.js',
    options: { threads: 1 },
    first: 'forward',
    right: (answer) => Math.abs(answer[target] - logits[target]) < 1e-3,
  };
  /** @type {[number[], number[]]} */
  const times = [[], []];
  for (let round = 0; round < runs; round++)
    for (const [index, starter] of [ours, rival].entries()) times[index].push(await timeStart(open, starter));
  return { ours: new Samples(times[0]), rival: new Samples(times[1]) };
}

/** @param {() => Promise<Page>} open @param {Starter} starter */
async function timeStart(open, { script, options, first, right }) {
  const page = await open();
  const worker = { worker: script, script };
  await page.ask({ ...worker, task: 'fetch' });
  const start = await page.ask({ ...worker, task: 'start', options });
  const { milliseconds, result } = await page.ask({ ...worker, task: first });
  await page.close();
  if (!right(result)) throw new Error(`${script} gave another first answer than PyTorch.`);
  return start.milliseconds + milliseconds;
}
