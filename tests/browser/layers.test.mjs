// "Layers and methods": the strip of layers, all methods, what is said of them, and stopping one that takes long.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { explained, Site } from './harness.mjs';
import { canvasPrint } from './picture.mjs';

/** @typedef {import('playwright-core').Page} Page */

const PHOTO = 'dahlia.jpg';
const site = new Site();

/** With the panel open. @param {import('node:test').TestContext} t @param {Parameters<Site['open']>[1]} [options] */
async function openLayers(t, options) {
  const page = await site.open(t, options);
  await explained(page, PHOTO);
  await page.locator('#tab-layers').click();
  await page.locator('#layers-strip[aria-busy="false"]').waitFor();
  return page;
}

/** @param {Page} page @param {string} id */
const text = async (page, id) => (await page.locator(`#${id}`).textContent()) ?? '';

/** @param {Page} page @param {string} method */
async function choose(page, method) {
  await page.selectOption('#method', method);
  await explained(page, PHOTO);
}

/** Waits until every card's picture has its map, but for those on request. @param {Page} page */
const galleryFilled = (page) =>
  page.waitForFunction(() => {
    const prints = [...document.querySelectorAll('.method:not(.waits) canvas')].map((canvas) =>
      /** @type {HTMLCanvasElement} */ (canvas).toDataURL(),
    );
    const bare = document.querySelector('.method.waits canvas');
    return bare && !prints.includes(/** @type {HTMLCanvasElement} */ (bare).toDataURL());
  });

test('the strip has the peak of every layer’s own map, and a click makes the layer the page’s', async (t) => {
  const page = await openLayers(t);
  const steps = await page.locator('.step').evaluateAll((buttons) =>
    buttons.map((button) => ({
      layer: /** @type {HTMLElement} */ (button).dataset.layer ?? '',
      size: button.querySelector('.step-size')?.textContent,
      maximum: button.querySelector('.step-maximum')?.textContent,
    })),
  );
  assert.equal(steps.length, 10);
  assert.deepEqual([steps[0].size, steps[9].size], ['112 × 112', '7 × 7']);
  for (const { layer, maximum } of steps) {
    await page.locator(`.step[data-layer="${layer}"]`).click();
    await explained(page, PHOTO);
    assert.equal(await page.locator('#layer').inputValue(), layer);
    assert.equal(await page.locator('.step[aria-pressed="true"]').getAttribute('data-layer'), layer);
    assert.equal(maximum, `max ${await text(page, 'legend-high')}`, layer);
  }

  // Where the method sees no layer, the strip is Grad-CAM's, says so, and shows what is clicked.
  await choose(page, 'guided-backprop');
  assert.match(await text(page, 'layers-line'), /^Guided backpropagation sees no single layer: .*Grad-CAM/);
  assert.equal(await page.locator('.step[aria-pressed="true"]').count(), 0);
  await page.locator('.step[data-layer="layer3.1"]').click();
  await explained(page, PHOTO);
  assert.equal(await page.locator('#method').inputValue(), 'grad-cam');
  assert.equal(await page.locator('#layer').inputValue(), 'layer3.1');
});

test('every method gives a finite map, and the page says of each what must be said', async (t) => {
  const page = await openLayers(t);
  await galleryFilled(page);
  await assertAccessible(page, 'layers and methods');
  const methods = await page
    .locator('#method option')
    .evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value));
  const cards = await page
    .locator('.method')
    .evaluateAll((items) => items.map((item) => /** @type {HTMLElement} */ (item).dataset.method));
  assert.equal(methods.length, 14);
  assert.deepEqual(cards, methods);

  /** @type {Map<string, { note: string, title: string, layered: boolean, print: string }>} */
  const found = new Map();
  for (const method of methods) {
    await choose(page, method);
    const [low, high] = [await text(page, 'legend-low'), await text(page, 'legend-high')];
    assert.ok(Number(high) > 0, `${method}: ${low} to ${high}`);
    const name = await text(page, 'canvas').then(() => page.locator('#canvas').getAttribute('aria-label'));
    const option = await page.locator(`#method option[value="${method}"]`).textContent();
    assert.ok(name?.includes((option ?? '').replace(', default', '')), name ?? '');
    assert.match(name ?? '', /Strongest at the .*, \d+.% across and \d+.% down the photo\.$/);
    assert.equal(await page.locator('.method-use[aria-pressed="true"]').count(), 1);
    assert.equal(
      await page.locator(`[data-method="${method}"] .method-use`).getAttribute('aria-pressed'),
      'true',
    );
    found.set(method, {
      note: await text(page, 'method-note'),
      title: await text(page, 'legend-title'),
      layered: await page.locator('#layer').isEnabled(),
      print: await canvasPrint(page),
    });
  }
  const the = (/** @type {string} */ method) =>
    /** @type {NonNullable<ReturnType<typeof found.get>>} */ (found.get(method));
  const having = (/** @type {(each: ReturnType<typeof the>) => boolean} */ holds) =>
    methods.filter((method) => holds(the(method)));

  const same = ['grad-cam', 'hires-cam', 'xgrad-cam'];
  assert.deepEqual(
    having(({ note }) => /Grad-CAM, HiResCAM and XGrad-CAM.* are the same map by construction/.test(note)),
    ['grad-cam'],
  );
  assert.deepEqual(
    having(({ note }) => /same map by construction/.test(note)),
    same,
  );
  assert.equal(new Set(same.map((method) => the(method).print)).size, 1, 'and so they look');
  assert.deepEqual(
    having(({ layered }) => !layered),
    ['layer-cam-fused', 'input-gradient', 'smooth-grad', 'integrated-gradients', 'guided-backprop'],
  );
  assert.deepEqual(
    having(({ note }) => /fails the sanity checks of Adebayo et al\. 2018/.test(note)),
    ['guided-backprop', 'guided-grad-cam'],
  );
  assert.match(
    the('finer-cam').note,
    /^Held against pink-yellow dahlia, [^,]+, [^,]+: what “marigold” shares/,
  );
  assert.match(the('eigen-cam').note, /no class/);
  const parts = the('integrated-gradients').note.match(
    /sums to (−?[\d.]+) of (−?[\d.]+): (?:<\s)?([\d.]+)\s%.* at (\d+) steps/,
  );
  assert.ok(parts, the('integrated-gradients').note);
  const [sum, difference, gap] = parts.slice(1).map((part) => Number(part.replace('−', '-')));
  // Both are rounded to hundredths, and the gap to tenths of a percent.
  assert.ok(Math.abs((100 * Math.abs(difference - sum)) / Math.abs(difference) - gap) < 0.4);
  assert.ok(gap <= 1, `${gap} % missing`);
  assert.deepEqual(
    [...new Set(methods.map((method) => the(method).title))].length,
    4,
    'one title for each unit',
  );

  // What was computed for the page stands in the gallery from now on.
  assert.equal(await page.locator('.method.waits').count(), 0);
  // No gradient is constant any more at a layer before.
  await choose(page, 'hires-cam');
  assert.match(await text(page, 'method-note'), /same map/);
  await page.selectOption('#layer', 'layer3.1');
  await explained(page, PHOTO);
  assert.equal(await text(page, 'method-note'), '');
});

test('a method that the network cannot have: its card and its option say why, and a link to it gets the default', async (t) => {
  const without = 'This network has no ReLU, which guided backpropagation goes by.';
  site.putBefore(
    'www/engine/worker.js',
    (/** @type {string} */ reason) => {
      const post = self.postMessage.bind(self);
      self.postMessage = (/** @type {any} */ message, /** @type {any} */ options) => {
        for (const method of message.result?.model?.methods ?? []) {
          if (method.guided) method.unavailable = reason;
          if (method.name === 'smooth-grad') method.passes = 24;
        }
        post(message, options);
      };
    },
    without,
  );
  const page = await openLayers(t, { path: '#photo=dahlia&method=guided-backprop&tab=layers' });
  assert.equal(await page.locator('#method').inputValue(), 'grad-cam');
  assert.equal(await text(page, 'link-notice-text'), `${without} Grad-CAM takes its place.`);
  for (const method of ['guided-backprop', 'guided-grad-cam']) {
    const card = page.locator(`[data-method="${method}"]`);
    assert.ok(await card.locator('.method-use').isDisabled());
    assert.equal(await card.locator('.method-note').textContent(), without);
    const option = page.locator(`#method option[value="${method}"]`);
    assert.ok(await option.evaluate((each) => /** @type {HTMLOptionElement} */ (each).disabled));
    assert.ok((await option.textContent())?.endsWith(without));
  }
  // The last one that can be had has its map; those that cannot be had stay bare.
  await page.waitForFunction(() => {
    const [made, bare] = ['input-gradient', 'guided-backprop'].map((method) =>
      /** @type {HTMLCanvasElement} */ (
        document.querySelector(`[data-method="${method}"] canvas`)
      ).toDataURL(),
    );
    return made !== bare;
  });
  await assertAccessible(page, 'methods that the network cannot have');
  assert.ok(await page.locator('#layers-failed').isHidden(), 'they are not asked for');

  // What the engine says of a method is what the page says.
  const smooth = page.locator('[data-method="smooth-grad"]');
  assert.match((await smooth.textContent()) ?? '', /each of 24 copies.* n is\s+24\./s);
});

test('a slow method tells its steps, and stopping it brings back what was shown: by keyboard', async (t) => {
  const page = await openLayers(t);
  await galleryFilled(page);
  const before = await canvasPrint(page);
  const verdict = await text(page, 'verdict');
  const stop = page.locator('#busy-stop');
  assert.ok(await stop.isHidden());

  await page.locator('[data-method="integrated-gradients"] .method-use').press('Enter');
  await page.waitForFunction(() =>
    /^Step [1-9]\d* of 64$/.test(document.getElementById('busy-text')?.textContent ?? ''),
  );
  assert.equal(await page.locator('#method').inputValue(), 'integrated-gradients');
  await stop.press('Enter');
  await explained(page, PHOTO);
  assert.equal(await page.locator('#method').inputValue(), 'grad-cam');
  assert.equal(await canvasPrint(page), before);
  assert.equal(await text(page, 'verdict'), verdict);
  assert.ok(await stop.isHidden());
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'method', 'the focus is not lost');

  // Whoever asks for something else does not wait for the rest.
  await page.selectOption('#method', 'smooth-grad');
  await page.waitForFunction(() => /^Step /.test(document.getElementById('busy-text')?.textContent ?? ''));
  await choose(page, 'layer-cam');
  assert.match((await page.locator('#canvas').getAttribute('aria-label')) ?? '', /LayerCAM for/);
});

test('each method’s formula and paper are one click away, and nothing sticks out on a phone', async (t) => {
  const page = await openLayers(t, { context: { viewport: { width: 390, height: 844 } } });
  await page.selectOption('#method', 'finer-cam');
  await explained(page, PHOTO);
  await page.getByText('What am I looking at?').click();
  await page.locator('#tab-compare').click();
  await page.locator('#explainer-formula').press('Enter');
  await page.locator('[data-method="finer-cam"] math').waitFor();
  assert.ok(
    await page.evaluate(() => document.activeElement?.matches('[data-method="finer-cam"] summary')),
    'the focus goes along',
  );
  for (const item of await page.locator('.method').all()) {
    if (!(await item.locator('math').isVisible())) await item.locator('summary').click();
    assert.ok(await item.locator('math').isVisible());
    assert.match((await item.locator('.paper').first().textContent()) ?? '', /\b20\d\d, “[^”]{10,}”/);
  }
  await assertAccessible(page, 'all formulas');
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
});
