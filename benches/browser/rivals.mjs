// Our engines against others': all rows of the table in README.md.

import { launch } from './browser.mjs';
import { Reference, builtFlavours, prepareInput, prepareRivals } from './files.mjs';
import {
  codeResult,
  folderResults,
  hoverResult,
  memoryResult,
  startResult,
  timedResults,
} from './results.mjs';
import { pages, selection, timedRows, usualFlavour, webgpuRows } from './rows.mjs';
import { place } from './table.mjs';
import { say } from './terminal.mjs';
import { WARM_UP } from './time.mjs';
import { webgpuResults } from './webgpu.mjs';

/** How many runs on a GPU one on software stands for: there, one of the rivals' takes ten seconds. */
const SHARE = 5;

/**
 * @param {{ runs: number, only?: string, explanations: number }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function againstRivals({ runs, only, explanations }) {
  const flavours = builtFlavours();
  const usual = usualFlavour(flavours);
  const reference = new Reference();
  const timed = timedRows(flavours, reference.target);
  const webgpu = webgpuRows(flavours, reference.target);
  const names = [...timed, ...webgpu].map(({ name }) => name);
  const wanted = selection([...names, 'start', 'hover', 'folder', 'code', 'memory'], only);

  say('Preparing');
  prepareInput(reference);
  prepareRivals();
  const browser = await launch();
  const results = [];
  /** @type {string[]} */
  const webgpuConditions = [];
  try {
    for (const rows of pages(timed.filter(({ name }) => wanted(name))))
      results.push(...(await timedResults(browser, rows, { warmUp: WARM_UP, runs }, reference)));
    const gpuRows = webgpu.filter(({ name }) => wanted(name));
    if (gpuRows.length) {
      const measured = await webgpuResults(timedResults, gpuRows, runs, Math.ceil(runs / SHARE), reference);
      results.push(...measured.results);
      webgpuConditions.push(...measured.conditions);
    }
    // Each starts a process of its own: half as many will do.
    if (wanted('start')) results.push(await startResult(browser, usual, Math.ceil(runs / 2), reference));
    if (wanted('hover')) results.push(await hoverResult(browser, usual, runs));
    // Each is some hundred photos long.
    if (wanted('folder')) results.push(...(await folderResults(browser, usual, Math.ceil(runs / 3))));
    if (wanted('code')) results.push(await codeResult(flavours));
    if (wanted('memory')) results.push(await memoryResult(browser, flavours, reference.target, explanations));
  } finally {
    await browser.close();
  }

  const conditions = [
    `Medians of ${runs} runs, interleaved, each the second of two in a row, ${place(browser)};`,
    'one thread each unless said otherwise.',
    ...webgpuConditions,
  ].join(' ');
  return { results, conditions };
}
