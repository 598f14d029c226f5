// Photos on each other's heels: only the newest is shown, and fifty take no more memory than ten.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { explained, fromRoot, predictions, Site } from './harness.mjs';
import { PHOTOS, photoPath, reference } from './references.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site();

/**
 * Keeps the names of all photos that are shown as explained from now on.
 * @param {Page} page
 */
async function watch(page) {
  await page.evaluate(() => {
    /** @type {string[]} */
    const seen = [];
    const group = /** @type {Element} */ (document.getElementById('predictions'));
    new MutationObserver(() => {
      const name = document.getElementById('file-name')?.textContent ?? '';
      if (group.getAttribute('aria-busy') === 'false' && seen.at(-1) !== name) seen.push(name);
    }).observe(group, { attributes: true });
    Object.assign(window, { seen });
  });
  return () => page.evaluate(() => /** @type {any} */ (window).seen);
}

test('a newer photo takes the place of one that is being explained', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const seen = await watch(page);
  // All within one task of the page, so that none can be done before the next is there.
  await page.evaluate(async () => {
    const names = ['cat.jpg', 'marigold.jpg', 'ladybird.jpg'];
    const blobs = await Promise.all(names.map(async (name) => (await fetch(`www/photos/${name}`)).blob()));
    const input = /** @type {HTMLInputElement} */ (document.getElementById('file'));
    blobs.forEach((blob, index) => {
      const given = new DataTransfer();
      given.items.add(new File([blob], names[index], { type: blob.type }));
      input.files = given.files;
      input.dispatchEvent(new Event('change'));
    });
  });
  await explained(page, 'ladybird.jpg');
  // Nothing comes after it.
  await page.waitForTimeout(1500);
  await explained(page, 'ladybird.jpg');
  assert.equal((await predictions(page))[0].index, reference('ladybird').best);
  assert.deepEqual(await seen(), ['ladybird.jpg']);
});

test('a photo given while the network loads takes the place of the sample', async (t) => {
  const page = await site.open(t);
  await page.setInputFiles('#file', photoPath('cat'));
  await explained(page, 'cat.jpg');
  assert.equal((await predictions(page))[0].index, reference('cat').best);
});

test('layers and classes chosen in a hurry end at the last choice', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const layers = await page
    .locator('#layer option')
    .evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value));
  for (const layer of layers) await page.selectOption('#layer', layer);
  await page.locator('.prediction').nth(2).click();
  await explained(page, 'dahlia.jpg');
  const { label } = (await predictions(page))[2];
  const description = (await page.locator('#canvas').getAttribute('aria-label')) ?? '';
  assert.ok(description.includes(`“${label}” at ${layers.at(-1)}`), description);
});

test('fifty photos one after another take no more memory than the first ten', async (t) => {
  const page = await site.open(t, {
    path: '?flavour=threads&threads=2',
    prepare: () => {
      // The engine's memory, said by the engine's own glue.
      const glue = readFileSync(fromRoot('dist/www/wasm/threads/gradcam.js'), 'utf8');
      const told = `${glue}\nglobalThis.engineBytes = () => wasm.memory.buffer.byteLength;\n`;
      site.answers.set('www/wasm/threads/gradcam.js', (_request, response) =>
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(told),
      );
    },
  });
  await explained(page, 'dahlia.jpg');
  const [worker] = page.workers();
  const bytes = () => worker.evaluate(() => /** @type {any} */ (globalThis).engineBytes());
  /** @type {number[]} */
  const sizes = [];
  for (let count = 1; count <= 50; count++) {
    const photo = PHOTOS[count % PHOTOS.length];
    await page.setInputFiles('#file', photoPath(photo));
    await explained(page, `${photo}.jpg`);
    if (count % 10 === 0) sizes.push(await bytes());
  }
  t.diagnostic(
    `engine memory after each ten: ${sizes.map((size) => `${(size / 2 ** 20).toFixed(1)} MiB`).join(', ')}`,
  );
  assert.equal(sizes.at(-1), sizes[0]);
});
