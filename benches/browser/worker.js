// What every worker of the benchmark shares: does one task after the other, and times each where it runs.

import { checkGpu, expectGpu } from './gpu.js';

/** Everything is served from the top of the repository, two folders up. */
export const ROOT = new URL('../../', import.meta.url);

/** @param {string} path from the top of the repository */
export async function download(path) {
  const response = await fetch(new URL(path, ROOT));
  if (!response.ok) throw new Error(`${path} could not be fetched: the server answered ${response.status}.`);
  return response.arrayBuffer();
}

/** @param {Record<string, (options: any) => Promise<unknown>>} tasks each returns what is to be looked at, if anything */
export function answer(tasks) {
  self.addEventListener('message', async ({ data: { task, options } }) => {
    try {
      const start = performance.now();
      const result = await tasks[task](options);
      const milliseconds = performance.now() - start;
      checkGpu();
      // Said once, in what a worker is loaded with.
      if (options?.gpu) expectGpu();
      self.postMessage({ milliseconds, result });
    } catch (error) {
      self.postMessage({ error: String(error) });
    }
  });
}
