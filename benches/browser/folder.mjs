// A folder of photos on all cores, against single explanations of the same photos on as many: cores that work at the same
// time slow each other down, whoever has them work.

import { Samples } from './statistics.mjs';

/** Times that each sample photo lies in the folder: enough that a worker is measured at work, and not at its start. */
const REPEATS = 60;

/** And times that each worker explains each photo singly, in each round. */
const SINGLE_REPEATS = 20;

/**
 * @typedef {object} FolderTimes
 * @property {Samples} folder milliseconds of one core for a photo of the folder, round by round
 * @property {Samples} single milliseconds of one core for a single explanation, round by round
 * @property {number} workers
 * @property {number} peak bytes of WebAssembly memory of the largest worker, over a whole run
 * @property {number} one bytes after a single explanation
 */

/**
 * @param {import('playwright-core').Page} page the site
 * @param {number} rounds
 * @returns {Promise<FolderTimes>}
 */
export async function timeFolder(page, rounds) {
  const parts = [];
  for (let round = 0; round < rounds; round++)
    parts.push(await page.evaluate(measure, { repeats: REPEATS, singleRepeats: SINGLE_REPEATS }));
  return {
    folder: new Samples(parts.map(({ folder }) => folder)),
    single: new Samples(parts.map(({ single }) => single)),
    workers: parts[0].workers,
    peak: Math.max(...parts.map(({ peak }) => peak)),
    one: Math.max(...parts.map(({ one }) => one)),
  };
}

/** Runs in the page: a round of both. @param {{ repeats: number, singleRepeats: number }} options */
async function measure({ repeats, singleRepeats }) {
  const site = (/** @type {string} */ path) => new URL(path, document.baseURI).href;
  const { GradCam } = await import(site('www/gradcam.js'));
  const { FolderRun } = await import(site('www/folder/run.js'));
  const { thisDevice, workerCount } = await import(site('www/folder/pool.js'));
  const names = ['dahlia', 'cat', 'marigold', 'yellow-daisy', 'ladybird'];
  const photos = await Promise.all(
    names.map(async (name) => {
      const blob = await (await fetch(site(`www/photos/${name}.jpg`))).blob();
      return { name, folder: null, read: async () => blob };
    }),
  );
  const how = { engine: 'cpu', flavour: 'relaxed', threads: 1 };
  const first = await GradCam.load(how);
  const { model } = first;
  const others = Array.from({ length: workerCount([model], thisDevice()) - 1 }, () => GradCam.load(how));
  const workers = [first, ...(await Promise.all(others))];
  const explainAll = (/** @type {number} */ times) =>
    Promise.all(
      workers.map(async (worker) => {
        for (let time = 0; time < times; time++)
          for (const { read } of photos) await worker.explain(await read());
      }),
    );
  await explainAll(1);
  const one = await first.memory();
  const start = performance.now();
  await explainAll(singleRepeats);
  const single = (performance.now() - start) / (singleRepeats * photos.length);
  workers.forEach((worker) => worker.dispose());

  /** @type {Promise<number>[]} */
  const memories = [];
  const load = async (/** @type {object} */ given) => {
    const worker = await GradCam.load(given);
    const dispose = worker.dispose.bind(worker);
    // Just before it goes: WebAssembly memory never shrinks, so that its size is its peak.
    worker.dispose = () => memories.push(worker.memory().finally(dispose));
    return worker;
  };
  const folder = await new Promise((done, failed) => {
    let since = { time: 0, count: 0 };
    const run = new FolderRun({
      photos: Array.from({ length: repeats }, () => photos).flat(),
      models: [{ name: 'the site’s', model, load }],
      question: { layer: model.layers.at(-1).name, method: 'grad-cam', colors: 'turbo' },
      sentence: String,
      changed() {
        const { status, done: count, total, error } = run.progress;
        if (status === 'failed') failed(new Error(error));
        // From when all workers are at work.
        if (!since.time && count >= 2 * photos.length) since = { time: performance.now(), count };
        if (status === 'finished') done((performance.now() - since.time) / (total - since.count));
      },
    });
    run.resume();
  });
  const peaks = await Promise.all(memories);
  return { folder: folder * peaks.length, single, workers: peaks.length, peak: Math.max(...peaks), one };
}
