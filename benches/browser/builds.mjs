// This build's engines against those of another build of this project, which a change to them has to be compared with:
// the same rows of ours, in pairs.

import { Agreement } from './agreement.mjs';
import { launch } from './browser.mjs';
import { engineDownloads } from './download.mjs';
import { OtherBuild, Reference, SITE, builtFlavours, prepareInput } from './files.mjs';
import { buildRows, pages, selection, timedRows, webgpuRows } from './rows.mjs';
import { Samples, ratios } from './statistics.mjs';
import { place } from './table.mjs';
import { print, say } from './terminal.mjs';
import { WARM_UP, time } from './time.mjs';
import { webgpuResults } from './webgpu.mjs';

/** @typedef {import('./table.mjs').Result} Result */

/**
 * @param {string} folder the other checkout
 * @param {{ runs: number, only?: string }} options
 * @returns {Promise<import('./table.mjs').Report>}
 */
export async function againstBuild(folder, { runs, only }) {
  const other = new OtherBuild(folder);
  const flavours = builtFlavours().filter((flavour) => other.flavours.includes(flavour));
  const reference = new Reference();
  const timed = buildRows(timedRows(flavours, reference.target), other.path);
  const webgpu = buildRows(webgpuRows(flavours, reference.target), other.path);
  const wanted = selection([...[...timed, ...webgpu].map(({ name }) => name), 'code'], only);

  say('Preparing');
  prepareInput(reference);
  other.copy(flavours);
  const browser = await launch();
  const results = [];
  /** @type {string[]} */
  const webgpuConditions = [];
  try {
    for (const rows of pages(timed.filter(({ name }) => wanted(name))))
      results.push(...(await pairedResults(browser, rows, { warmUp: WARM_UP, runs }, reference)));
    const gpuRows = webgpu.filter(({ name }) => wanted(name));
    if (gpuRows.length) {
      const measured = await webgpuResults(pairedResults, gpuRows, runs, runs, reference);
      results.push(...measured.results);
      webgpuConditions.push(...measured.conditions);
    }
    if (wanted('code')) results.push(...(await codeResults(flavours, other)));
  } finally {
    await browser.close();
  }

  const conditions = [
    `This build here, the one in ${other.folder} there. Medians of ${runs} runs, each the second of two in a row,`,
    `the two builds' in pairs, this one's first in every other; the ratio is the median of the pairs' ratios;`,
    `${place(browser)}.`,
    ...webgpuConditions,
  ].join(' ');
  return { results, conditions };
}

/**
 * A pair's two runs are a moment apart. What the machine does in between rounds drops out of its ratio.
 * @type {import('./results.mjs').Measure}
 */
async function pairedResults(browser, rows, rounds, reference) {
  const page = await browser.open();
  say('Agreement with PyTorch (relative L2 unless said otherwise), then the times');
  const times = await time(page, rows, rounds, new Agreement(reference));
  await page.close();
  return rows.map(({ name, what, ours, rival, bound }) => {
    const [here, there] = [new Samples(times(ours)), new Samples(times(rival))];
    const pairs = ratios(times(ours), times(rival));
    const [low, high] = pairs.confidence.map((ratio) => ratio.toFixed(3));
    const within = pairs.count < 6 ? 'all' : 'with 95 % confidence';
    const ofMedians = (here.median / there.median).toFixed(3);
    print(`  ${name}, this build: ${here}`, `  ${name}, the other build: ${there}`);
    print(
      `  ${name}, ratios of pairs: median ${pairs.median.toFixed(3)}, ${within} within ${low}–${high}`,
      `  ${name}, ratio of the medians: ${ofMedians}`,
    );
    return {
      what,
      ours: `${here.median.toFixed(1)} ms`,
      rival: `${there.median.toFixed(1)} ms`,
      ratio: pairs.median.toFixed(3),
      bound: `≤ ${bound.toFixed(2)}`,
      holds: pairs.median <= bound,
    };
  });
}

/**
 * No bounds: what a change may cost in bytes depends on what it brings.
 * @param {string[]} flavours @param {OtherBuild} other
 */
async function codeResults(flavours, other) {
  say('Code');
  const there = await engineDownloads(flavours, other.site);
  const here = await engineDownloads(flavours, SITE);
  return here.flatMap((one, index) => [
    sizeResult(`WebAssembly of ${one.flavour}`, one.wasm, there[index].wasm),
    sizeResult(`code downloaded for ${one.flavour}, brotli`, one.bytes, there[index].bytes),
  ]);
}

/** @param {string} what @param {number} ours @param {number} rival @returns {Result} */
function sizeResult(what, ours, rival) {
  const [here, there] = [ours, rival].map((bytes) => `${bytes.toLocaleString('en')} bytes`);
  return { what, ours: here, rival: there, ratio: (ours / rival).toFixed(3), bound: '', holds: true };
}
