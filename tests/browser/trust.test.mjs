// "Can it be trusted?": curves and scrambled weights are drawn as they are computed, add up, and can be stopped.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { explained, Site } from './harness.mjs';

/** @typedef {import('playwright-core').Page} Page */

const PHOTO = 'dahlia.jpg';
const site = new Site();

/** With the panel open. @param {import('node:test').TestContext} t @param {Parameters<Site['open']>[1]} [options] */
async function openTrust(t, options) {
  const page = await site.open(t, options);
  await explained(page, PHOTO);
  await page.locator('#tab-trust').click();
  return page;
}

/** @param {Page} page @param {string} id */
const text = async (page, id) => (await page.locator(`#${id}`).textContent()) ?? '';

/**
 * Presses the button of a test, and again as soon as so many steps are done. The page itself does it: from here it might
 * come too late.
 * @param {Page} page @param {string} prefix @param {number} steps
 */
const startAndStop = (page, prefix, steps) =>
  page.evaluate(
    ([prefix, steps]) =>
      new Promise((done) => {
        const button = document.getElementById(`${prefix}-run`);
        const count = document.getElementById(`${prefix}-count`);
        if (!button || !count) throw new Error(prefix);
        const observer = new MutationObserver(() => {
          if (parseInt(count.textContent ?? '') < steps) return;
          observer.disconnect();
          button.click();
          done(undefined);
        });
        observer.observe(count, { childList: true, characterData: true, subtree: true });
        button.click();
      }),
    /** @type {const} */ ([prefix, steps]),
  );

/** The lines of a chart, as points in shares of its height. @param {Page} page @param {string} id */
const lines = (page, id) =>
  page.locator(`#${id}`).evaluate((chart) => {
    const grid = [...chart.querySelectorAll('.grid')].map((line) => Number(line.getAttribute('y1')));
    const [bottom, top] = [grid[0], grid[grid.length - 1]];
    const labels = [...chart.querySelectorAll('.grid + .tick')].map((tick) =>
      parseFloat(tick.textContent ?? ''),
    );
    const end = labels[labels.length - 1] / 100;
    return [...chart.querySelectorAll('polyline')].map((line) => ({
      kind: line.getAttribute('class') ?? '',
      dashes: getComputedStyle(line).strokeDasharray,
      values: (line.getAttribute('points') ?? '')
        .split(' ')
        .filter(Boolean)
        .map((point) => (end * (bottom - Number(point.split(',')[1]))) / (bottom - top)),
    }));
  });

/** @param {number[]} values at even steps over the unit interval */
const trapezoid = (values) =>
  values.slice(1).reduce((sum, value, index) => sum + (value + values[index]) / 2, 0) / (values.length - 1);

test('curves are drawn point by point, and the areas in the table are those under them', async (t) => {
  const page = await openTrust(t);
  const start = performance.now();
  await page.locator('#faithfulness-run').press('Enter');
  await page.waitForFunction(() =>
    /\d/.test(document.querySelector('#deletion-chart polyline')?.getAttribute('points') ?? ''),
  );
  t.diagnostic(`first point after ${Math.round(performance.now() - start)} ms`);
  const early = (await lines(page, 'deletion-chart')).flatMap(({ values }) => values).length;
  assert.ok(early >= 1 && early < 63, `${early} points so far`);
  assert.equal(await text(page, 'faithfulness-run'), 'Stop');

  await page.locator('#average-drop:not(:empty)').waitFor();
  t.diagnostic(`all points after ${Math.round(performance.now() - start)} ms`);
  const rows = await page
    .locator('#areas tr')
    .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
  assert.deepEqual(
    rows.map(([name]) => name),
    ['this map', 'at random', 'from the centre'],
  );
  for (const [index, id] of ['deletion-chart', 'insertion-chart'].entries()) {
    const drawn = await lines(page, id);
    assert.equal(new Set(drawn.map(({ dashes }) => dashes)).size, 3, 'told apart without colours');
    const areas = rows.map((row) => parseFloat(row[index + 1]));
    drawn.forEach(({ kind, values }, line) => {
      assert.equal(values.length, 21, kind);
      // Half a unit of the last digit, and what rounding the drawing costs.
      assert.ok(
        Math.abs(trapezoid(values) - areas[line]) < 7e-4,
        `${id} ${kind}: ${trapezoid(values)} ${areas[line]}`,
      );
    });
    const best = index === 0 ? Math.min(...areas) : Math.max(...areas);
    rows.forEach((row, line) => assert.equal(/best/.test(row[index + 1]), areas[line] === best, row[0]));
    assert.equal(await page.locator(`#${id} .name`).count(), 3, 'each line has its name beside it');
  }
  assert.match(await text(page, 'average-drop'), /“marigold” (loses \d+\.\d\s%|does not fall)/);
  assert.equal(await page.locator('#points tr').count(), 21);

  // It stays, greyed, when the map on the screen is another; and comes back with its own.
  await page.selectOption('#layer', 'layer3.1');
  await explained(page, PHOTO);
  assert.match(
    await text(page, 'faithfulness-state'),
    /^Of another map: Grad-CAM for “marigold” at layer4\.1/,
  );
  await page.selectOption('#layer', 'layer4.1');
  await explained(page, PHOTO);
  assert.match(await text(page, 'faithfulness-state'), /^Done for Grad-CAM/);
});

test('scrambled weights: a step for every part, and the map goes with them', async (t) => {
  const page = await openTrust(t, { context: { colorScheme: 'dark' } });
  await page.locator('#scramble-run').press('Enter');
  await page.locator('#scramble-words:not(:empty)').waitFor();
  const steps = await page.locator('#scramble-strip li').evaluateAll((items) =>
    items.map((item) => ({
      name: item.querySelector('.step-name')?.textContent,
      correlation: Number(item.querySelector('.step-size')?.textContent?.replace('−', '-')),
      print: item.querySelector('canvas')?.toDataURL(),
    })),
  );
  // All but max pooling, which has no weights.
  assert.deepEqual(
    steps.map(({ name }) => name),
    [
      'trained',
      'fc',
      'layer4.1',
      'layer4.0',
      'layer3.1',
      'layer3.0',
      'layer2.1',
      'layer2.0',
      'layer1.1',
      'layer1.0',
      'stem',
    ],
  );
  assert.equal(steps[0].correlation, 1);
  for (const { name, correlation } of steps.slice(1)) assert.ok(correlation < 0.6, `${name}: ${correlation}`);
  assert.equal(new Set(steps.map(({ print }) => print)).size, steps.length, 'every map is another');
  assert.equal(await page.locator('#scramble-chart .dot').count(), steps.length);
  assert.match(
    await text(page, 'scramble-words'),
    /^Scrambling fc alone.*depends on what the network learned/,
  );
  const map = await page.locator('#canvas').getAttribute('aria-label');

  // The network that explains is the trained one again.
  await page.locator('.prediction').nth(1).click();
  await explained(page, PHOTO);
  await page.locator('.prediction').first().click();
  await explained(page, PHOTO);
  assert.equal(await page.locator('#canvas').getAttribute('aria-label'), map);
  assert.match(await text(page, 'verdict'), /marigold.*65\.6/);

  // Guided backpropagation keeps what was never learned.
  await page.selectOption('#method', 'guided-backprop');
  await explained(page, PHOTO);
  await page.locator('#scramble-run').click();
  await page.locator('#scramble-words:not(:empty)').waitFor();
  const guided = await page
    .locator('#scramble-strip li .step-size')
    .evaluateAll((all) => all.map((each) => Number(each.textContent?.replace('−', '-'))));
  t.diagnostic(`guided backpropagation: ${guided.join(' ')}`);
  assert.ok(guided[1] > 0.9, 'without the last part it is still the same');
  assert.match(await text(page, 'scramble-words'), /depends little on what the parts after it learned/);
  await startAndStop(page, 'faithfulness', 3);
  await assertAccessible(page, 'both tests, dark');
});

test('stopped, what was computed stays and says so; another question stops it too: on a phone', async (t) => {
  const page = await openTrust(t, { context: { viewport: { width: 390, height: 844 } } });
  await startAndStop(page, 'faithfulness', 5);
  const [, done] =
    (await text(page, 'faithfulness-state')).match(/^Stopped after (\d+) of \d+ points\.$/) ?? [];
  const points = async () =>
    (await Promise.all(['deletion-chart', 'insertion-chart'].map((id) => lines(page, id))))
      .flat()
      .flatMap(({ values }) => values).length;
  assert.equal(await points(), Number(done));
  assert.equal(await text(page, 'average-drop'), '');
  assert.equal(await text(page, 'faithfulness-run'), 'Start again');

  await startAndStop(page, 'scramble', 2);
  assert.match(await text(page, 'scramble-state'), /^Stopped after [2-9] of 10 steps\.$/);
  assert.equal(Number(done), await points(), 'a test that was stopped draws no more');
  await assertAccessible(page, 'both tests stopped, light, phone');
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);

  await page.locator('#faithfulness-run').click();
  await page.locator('#faithfulness-count:not(:empty)').waitFor();
  await page.selectOption('#layer', 'layer3.1');
  await explained(page, PHOTO);
  assert.match(
    await text(page, 'faithfulness-state'),
    /^Of another map: Grad-CAM .*dahlia\.jpg\. Stopped after \d+ of/,
  );
  assert.equal(await text(page, 'faithfulness-run'), 'Draw the curves');
});

test('given up before there is any news, a run leaves the trained network behind', async (t) => {
  const page = await site.open(t);
  await explained(page, PHOTO);
  const codes = await page.evaluate(async () => {
    const { GradCam } = await import(new URL('www/gradcam.js', document.baseURI).href);
    const url = (/** @type {string} */ path) => new URL(path, document.baseURI);
    const cam = await GradCam.load({ model: url('www/models/resnet18-flowers102.safetensors') });
    const photo = await cam.open(url('www/photos/dahlia.jpg'));
    const { logit } = (await cam.explain(photo)).predictions[0];
    const codes = [];
    for (const run of ['faithfulness', 'randomise']) {
      const stop = new AbortController();
      let news = 0;
      const listen = () => news++;
      const options = { method: 'smooth-grad', signal: stop.signal, onPoint: listen, onStep: listen };
      const asked = cam[run](photo, options).catch((/** @type {any} */ { code }) => code);
      // Answered while the long run goes on, so that it has begun by then.
      await cam.legend({ count: 1 });
      stop.abort();
      codes.push(await asked, news);
      // Whatever was scrambled by then is as it was.
      const { predictions, timings } = await cam.explain(photo);
      codes.push(predictions[0].logit === logit, timings.forward > 0);
    }
    cam.dispose();
    return codes;
  });
  assert.deepEqual(codes, ['aborted', 0, true, true, 'aborted', 0, true, true]);
});
