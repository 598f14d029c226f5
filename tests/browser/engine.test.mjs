// The choice of what computes: where there is no GPU, where one fails, and how the page says so. The engine's worker
// answers; where a test needs a GPU, its answers are changed on their way to what one would have said.

import assert from 'node:assert/strict';
import test from 'node:test';
import { explained, message, predictions, Site } from './harness.mjs';
import { reference } from './references.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site();

const ADAPTER = 'Imagined GPU';
const LOST = 'The GPU was lost in the middle of this, so the CPU computed it.';

/**
 * Runs in the worker, before its own code: a GPU that passes its self-test, or not, and that stays, is lost, or takes the
 * worker down with it at the first explanation.
 *
 * @param {{ passes: boolean, fails: 'never' | 'lost' | 'crash', adapter: string, lost: string }} options
 */
function imagineGpu({ passes, fails, adapter, lost }) {
  const post = self.postMessage.bind(self);
  const wishes = new BroadcastChannel('wishes');
  let onGpu = false;
  self.addEventListener('message', (event) => {
    const { id, kind, wish } = event.data;
    if (wish) {
      wishes.postMessage(wish);
      onGpu = passes && wish.asked !== 'cpu';
    }
    if (kind === 'explain' && onGpu && fails === 'crash') {
      event.stopImmediatePropagation();
      post({ id, error: { code: 'out-of-memory', message: 'The engine stopped.' }, crashed: true });
    }
  });
  self.postMessage = (/** @type {any} */ message, /** @type {any} */ options) => {
    const { result } = message;
    const choice = result?.choice ?? (result?.asked && result);
    if (choice && choice.asked !== 'cpu') {
      choice.adapter = adapter;
      choice.selfTest = {
        passed: passes,
        checks: [{ name: 'The sum of the map', value: passes ? 3.2e-7 : 0.021, bound: 1e-4, holds: passes }],
      };
      choice.timing = { key: 'imagined', cpu: 92.4, webgpu: 3.14 };
      choice.reason = passes ? null : 'The GPU failed its self-test, so the CPU computes.';
    }
    if (choice && onGpu) choice.engine = { ...choice.engine, kind: 'webgpu', adapter };
    if (result?.map && onGpu) {
      if (fails === 'lost') {
        result.fallback = lost;
        onGpu = false;
      } else result.engine = { ...result.engine, kind: 'webgpu', adapter };
    }
    post(message, options);
  };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {{ passes?: boolean, fails?: 'never' | 'lost' | 'crash', path?: string }} [gpu]
 */
async function openWithGpu(t, { passes = true, fails = 'never', path } = {}) {
  const page = await site.open(t, {
    path,
    prepare: async (page) => {
      site.putBefore('www/engine/worker.js', imagineGpu, { passes, fails, adapter: ADAPTER, lost: LOST });
      await page.addInitScript(() => {
        /** @type {any[]} */
        const wishes = [];
        new BroadcastChannel('wishes').onmessage = ({ data }) => wishes.push(data);
        Object.assign(window, { wishes });
      });
    },
  });
  return page;
}

/** What the worker was asked to compute on, in turn. @param {Page} page */
function wishes(page) {
  return page.evaluate(() => /** @type {any} */ (window).wishes);
}

/** @param {Page} page @param {RegExp} what */
async function assertComputed(page, what) {
  await explained(page, 'dahlia.jpg');
  assert.match((await page.locator('#engine').textContent()) ?? '', what);
  assert.equal((await predictions(page))[0].index, reference('dahlia').best);
}

/** @param {Page} page @param {string} id */
const text = async (page, id) => (await page.locator(`#${id}`).textContent()) ?? '';

/** @param {Page} page @param {string} asked */
async function choose(page, asked) {
  await page.selectOption('#engine-choice', asked);
  await page.locator('#busy').waitFor({ state: 'hidden' });
  await explained(page, 'dahlia.jpg');
}

const CPU = /^Computed here: CPU, \d threads?, (relaxed )?SIMD;/;
const GPU = /^Computed here: WebGPU, Imagined GPU; decode .* forward .* backward .*\.$/;

test('the CPU, asked for in the address: nothing to explain', async (t) => {
  const page = await site.open(t, { path: '?engine=cpu' });
  await assertComputed(page, CPU);
  assert.equal(await page.locator('#engine-choice').inputValue(), 'cpu');
  assert.ok(await page.locator('#engine-notice').isHidden());
  assert.ok(await page.locator('#engine-details').isHidden());
});

test('no GPU, and none asked for: the reason lies in the details alone', async (t) => {
  const page = await site.open(t, { path: '?engine=quantum' });
  await assertComputed(page, CPU);
  assert.equal(await page.locator('#engine-choice').inputValue(), 'auto');
  assert.ok(await page.locator('#engine-notice').isHidden());
  await page.getByText('Why not the GPU?').click();
  assert.match(await text(page, 'engine-reason'), /^[A-Z].*WebGPU.*\.$/);
  assert.ok(await page.locator('#engine-test').isHidden());
});

test('no GPU, but asked for: a notice with the reason, and the CPU explains', async (t) => {
  const page = await site.open(t, { path: '?engine=webgpu' });
  await assertComputed(page, CPU);
  assert.equal(await page.locator('#engine-choice').inputValue(), 'webgpu');
  assert.match(await text(page, 'engine-notice-text'), /^[A-Z].*\.$/);
  assert.equal(await page.locator('#alert .notice').count(), 0, 'no error');
  await page.getByRole('button', { name: 'Close' }).click();
  assert.ok(await page.locator('#engine-notice').isHidden());

  await choose(page, 'auto');
  assert.ok(await page.locator('#engine-notice').isHidden());
  await choose(page, 'webgpu');
  assert.ok(await page.locator('#engine-notice').isVisible());
  await page.getByRole('button', { name: 'Try the GPU again' }).click();
  await page.locator('#engine-notice').waitFor();
  await choose(page, 'cpu');
  assert.ok(await page.locator('#engine-notice').isHidden());
  await assertComputed(page, CPU);
});

test('a GPU: its name, its self-test and its timing, which the next visit remembers', async (t) => {
  const page = await openWithGpu(t);
  await assertComputed(page, GPU);
  await page.locator('#engine-badge').click();
  assert.equal(await text(page, 'engine-badge'), 'Self-test passed');
  assert.match(await text(page, 'engine-timing'), /^GPU 3\.1\sms, CPU 92\sms, forward and gradient\.$/);
  assert.deepEqual(
    await page.locator('#engine-checks tr > *').allTextContents(),
    ['The sum of the map', '3.2 × 10⁻⁷', '≤ 10⁻⁴', 'holds'].map((cell) =>
      cell.replaceAll(' × ', '\u202f×\u202f'),
    ),
  );
  assert.deepEqual(await wishes(page), [{ asked: 'auto', remembered: {} }]);

  // What is on the page is computed anew, and all else stays.
  await page.selectOption('#layer', 'layer3.1');
  await page.locator('.prediction').nth(2).click();
  await explained(page, 'dahlia.jpg');
  const before = await text(page, 'verdict');
  await choose(page, 'cpu');
  await assertComputed(page, CPU);
  assert.equal(await text(page, 'verdict'), before);
  assert.equal(await page.locator('#layer').inputValue(), 'layer3.1');

  await page.reload();
  await assertComputed(page, GPU);
  assert.deepEqual(await wishes(page), [
    { asked: 'auto', remembered: { imagined: { cpu: 92.4, webgpu: 3.14 } } },
  ]);
});

test('a GPU that fails its self-test is shown with what failed, and not used', async (t) => {
  const page = await openWithGpu(t, { passes: false, path: '?engine=webgpu' });
  await assertComputed(page, CPU);
  assert.match(await text(page, 'engine-notice-text'), /failed its self-test/);
  await page.locator('#engine-badge').click();
  assert.equal(await text(page, 'engine-badge'), 'Self-test failed');
  assert.match(await text(page, 'engine-reason'), /failed its self-test/);
  assert.match(await text(page, 'engine-checks'), /2\.1.×.10⁻².*fails/);
});

test('a GPU that is lost on the way: the CPU answers, the page says so, and tries again when asked', async (t) => {
  const page = await openWithGpu(t, { fails: 'lost' });
  await assertComputed(page, CPU);
  assert.equal(await text(page, 'engine-notice-text'), LOST);
  assert.equal(await text(page, 'engine-reason'), LOST);
  assert.equal(await page.locator('#alert .notice').count(), 0, 'no error');

  // The CPU stays until the GPU is asked for.
  await page.getByRole('button', { name: 'Close' }).click();
  await page.selectOption('#layer', 'layer4.0');
  await assertComputed(page, CPU);
  assert.ok(await page.locator('#engine-notice').isHidden());
  assert.equal((await wishes(page)).length, 1);
  await choose(page, 'webgpu');
  assert.equal(await text(page, 'engine-notice-text'), LOST);
  await page.getByRole('button', { name: 'Try the GPU again' }).click();
  await page.locator('#engine-notice').waitFor();
  const asked = (await wishes(page)).map((/** @type {any} */ wish) => wish.asked);
  assert.deepEqual(asked, ['auto', 'webgpu', 'webgpu']);
});

test('a GPU that takes the worker down costs one photo: the next is the CPU’s', async (t) => {
  const page = await openWithGpu(t, { fails: 'crash' });
  await message(page);
  await page.getByRole('button', { name: 'dahlia' }).click();
  await assertComputed(page, CPU);
  assert.match(await text(page, 'engine-notice-text'), /broke down with the GPU/);
  const asked = (await wishes(page)).map((/** @type {any} */ wish) => wish.asked);
  assert.deepEqual(asked, ['auto', 'cpu']);
  assert.equal(await page.locator('#engine-choice').inputValue(), 'auto');
});
