// Times all subjects in turn, round after round, so that whatever else the machine does hits all alike. Every other round
// goes the other way, so that none is always the one before another.

import { setTimeout } from 'node:timers/promises';

/** @typedef {import('./rows.mjs').Subject} Subject */
/** @typedef {import('./rows.mjs').TimedRow} TimedRow */

/** @typedef {{ warmUp: number, runs: number }} Rounds how many there are, and how many before the first that counts */

/** Rounds that do not count: browsers compile WebAssembly again, better, where it runs often. */
export const WARM_UP = 3;

/** Milliseconds between runs. Threads that wait for work spin for a while before they sleep, at others' cost. */
const PAUSE = 100;

/** @param {Subject} subject */
function key({ worker, task, options }) {
  return JSON.stringify([worker, task, options]);
}

/**
 * @param {import('./browser.mjs').Page} page
 * @param {TimedRow[]} rows
 * @param {Rounds} rounds
 * @param {import('./agreement.mjs').Agreement} agreement
 * @returns {Promise<(subject: Subject) => number[]>} milliseconds, round by round
 */
export async function time(page, rows, { warmUp, runs }, agreement) {
  const subjects = new Map(rows.flatMap(({ ours, rival }) => [ours, rival]).map((one) => [key(one), one]));
  const loaded = new Set();
  for (const subject of subjects.values()) {
    const { worker, script, load } = subject;
    if (!loaded.has(worker)) {
      await page.ask({ worker, script, task: 'load', options: load });
      agreement.checkLogits(worker, (await page.ask({ worker, script, task: 'forward' })).result);
      loaded.add(worker);
    }
    agreement.check(subject, (await page.ask(subject)).result);
  }
  /** @type {Map<string, number[]>} */
  const times = new Map(Array.from(subjects.keys(), (name) => [name, []]));
  const turns = [...subjects];
  for (let round = -warmUp; round < runs; round++) {
    for (const [name, subject] of turns) {
      await setTimeout(PAUSE);
      // The second of two in a row counts: the first finds another engine's data in the caches, and threads asleep.
      await page.time(subject);
      const milliseconds = await page.time(subject);
      if (round >= 0) times.get(name)?.push(milliseconds);
    }
    turns.reverse();
  }
  return (subject) => times.get(key(subject)) ?? [];
}
