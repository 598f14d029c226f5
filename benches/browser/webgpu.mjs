// The rows on WebGPU, in a browser of their own: it gets a switch that makes Chromium offer WebGPU where there is no GPU,
// on SwiftShader, which computes on the processor.

import { launch } from './browser.mjs';
import { print, say } from './terminal.mjs';

const SWITCHES = ['--enable-unsafe-webgpu'];

/** Shaders are compiled once, at their first use. */
const WARM_UP = 1;

/**
 * @param {import('./results.mjs').Measure} measure
 * @param {import('./rows.mjs').TimedRow[]} rows
 * @param {number} runs on a GPU
 * @param {number} softwareRuns as many where there is none
 * @param {import('./files.mjs').Reference} reference
 * @returns {Promise<{ results: import('./table.mjs').Result[], conditions: string[] }>} `conditions`: sentences that say
 *   how they were measured
 */
export async function webgpuResults(measure, rows, runs, softwareRuns, reference) {
  const browser = await launch(SWITCHES);
  try {
    const page = await browser.open();
    const adapter = await page.adapter();
    await page.close();
    if (!adapter) {
      print('', 'The rows on WebGPU are left out: this browser does not offer it.');
      return { results: [], conditions: [] };
    }
    const { name, software } = adapter;
    say(`WebGPU on ${name}`);
    const rounds = { warmUp: WARM_UP, runs: software ? softwareRuns : runs };
    const results = await measure(browser, rows, rounds, reference);
    const kind = software ? 'software that runs on all cores: no GPU took part' : 'a GPU';
    const conditions = [
      `The rows on WebGPU: medians of ${rounds.runs} runs on the adapter ${name}, ${kind}.`,
    ];
    return {
      results: results.map((result) => ({ ...result, what: `${result.what} on ${name}` })),
      conditions,
    };
  } finally {
    await browser.close();
  }
}
