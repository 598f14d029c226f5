// How much memory the engine takes, and whether that stays so.

/** @typedef {{ flavour: string, bytes: number, lastGrowth: number }} Growth */

/**
 * Explains the input again and again, in turn at `layer1.0` and at the input, the two that reach farthest back.
 * WebAssembly memory never shrinks: its size is its peak.
 * @param {import('./browser.mjs').Page} page
 * @param {string} flavour
 * @param {number} target
 * @param {number} explanations
 * @returns {Promise<Growth>} `lastGrowth` is the number of the explanation at which the memory last grew
 */
export async function watchMemory(page, flavour, target, explanations) {
  const worker = { worker: `gradcam ${flavour}`, script: 'worker-gradcam.js' };
  const size = async () => /** @type {number} */ ((await page.ask({ ...worker, task: 'memory' })).result);
  await page.ask({ ...worker, task: 'load', options: { flavour } });
  let bytes = await size();
  let lastGrowth = 0;
  for (let explanation = 1; explanation <= explanations; explanation++) {
    const task = explanation % 2 ? 'map' : 'inputGradient';
    await page.time({ ...worker, task, options: { layer: 'layer1.0', target } });
    const now = await size();
    if (now > bytes) lastGrowth = explanation;
    bytes = now;
  }
  return { flavour, bytes, lastGrowth };
}
