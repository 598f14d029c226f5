// What if a part of the photo were not there? Painted over by pointer, by keyboard and by the map, with a control; and
// the way back, number by number.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { explained, predictions, Site } from './harness.mjs';
import { canvasPrint } from './picture.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site();

/** @param {import('node:test').TestContext} t @param {Parameters<Site['open']>[1]} [options] */
async function openPanel(t, options) {
  const page = await site.open(t, options);
  await explained(page, 'dahlia.jpg');
  await page.locator('#tab-what-if').click();
  await page.locator('#what-if-rows tr').first().waitFor();
  return page;
}

/** Waits until the network has looked at what is painted over now. @param {Page} page */
async function looked(page) {
  // Views draw a microtask after the state changed.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => done(null))));
  await page.locator('#what-if-outcome[aria-busy="false"]:not(.stale)').waitFor();
}

/**
 * The numbers of the table: of each class the probability, in per cent, as it is, erased, and of the control; `null`
 * where there is none.
 * @param {Page} page
 */
async function table(page) {
  await looked(page);
  return page.locator('#what-if-rows tr').evaluateAll((rows) =>
    rows.map((row) => {
      const cells = [...row.querySelectorAll('td')];
      const number = (/** @type {string} */ text) => Number(text.replace('−', '-').replace(/[^-+.\d]/g, ''));
      return {
        name: row.querySelector('th')?.textContent ?? '',
        values: cells.map((cell) =>
          cell.firstChild?.textContent === '–' ? null : number(cell.firstChild?.textContent ?? ''),
        ),
        notes: cells.map((cell) =>
          [...cell.querySelectorAll('small span')].map(({ textContent }) => number(textContent ?? '')),
        ),
      };
    }),
  );
}

/** @param {Page} page @param {string} share */
async function eraseHottest(page, share) {
  const before = await page.locator('#what-if-canvas').getAttribute('aria-label');
  await page.getByRole('button', { name: share, exact: true }).click();
  await page.waitForFunction(
    (before) => document.getElementById('what-if-canvas')?.getAttribute('aria-label') !== before,
    before,
  );
  return table(page);
}

/** How much is painted over, as the canvas says. @param {Page} page */
async function painted(page) {
  const label = (await page.locator('#what-if-canvas').getAttribute('aria-label')) ?? '';
  const share = /; ([\d.]+)\s%/.exec(label);
  assert.ok(share, label);
  return Number(share[1]);
}

/** A print of one of the canvases. @param {Page} page @param {string} id */
function print(page, id) {
  return page.locator(`#${id}`).evaluate(async (canvas) => {
    const { width, height } = /** @type {HTMLCanvasElement} */ (canvas);
    const context = /** @type {HTMLCanvasElement} */ (canvas).getContext('2d');
    const pixels = context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels));
    return [...hash.slice(0, 8)].join('.');
  });
}

const MAPS = ['what-if-before', 'what-if-erased', 'what-if-control'];

test('erasing the hottest part costs the class more than erasing as much elsewhere', async (t) => {
  const page = await openPanel(t);
  const above = await canvasPrint(page);
  const known = await predictions(page);
  const before = await table(page);
  assert.deepEqual(
    before.slice(0, 5).map(({ name }) => name),
    known.map(({ label }) => label),
  );
  assert.ok(before.every(({ values }) => values[1] === null && values[2] === null));

  const after = await eraseHottest(page, '25 %');
  assert.equal(await painted(page), 25);
  const [marigold] = after;
  const [was, erased, control] = marigold.values.map(Number);
  assert.equal(was, before[0].values[0]);
  assert.ok(erased < control, `${erased} < ${control}`);
  assert.ok(erased < was);

  // The sentence says what the table says.
  const sentence = ((await page.locator('#what-if-sentence').textContent()) ?? '').replaceAll('\u202f', ' ');
  const [words, ...numbers] =
    /^Erasing these 25 % takes marigold from (.+?) % to (.+?) %; erasing as much elsewhere, to (.+?) %\./.exec(
      sentence,
    ) ?? [];
  assert.ok(words, sentence);
  assert.deepEqual(numbers.map(Number), [was, erased, control]);
  // Differences are those of the numbers beside them, up to what rounding hides.
  for (const { values, notes } of after.slice(0, 5)) {
    for (const column of [1, 2]) {
      const difference = Number(values[column]) - Number(values[0]);
      assert.ok(Math.abs(notes[column][0] - difference) < 0.11);
    }
  }
  const margin = after.at(-1);
  assert.equal(margin?.name, `Margin: ${known[0].label} less ${known[1].label}, in logits`);
  const lead = Number(margin?.values[0]);
  assert.ok(Math.abs(lead - (known[0].logit - known[1].logit)) < 0.011);
  const change = (/** @type {number} */ row) => after[row].notes[1][1];
  assert.ok(Math.abs(Number(margin?.notes[1][0]) - (change(0) - change(1))) < 0.021, 'margins subtract');

  // Three different pictures, and none of them the one above, which nobody touched.
  assert.equal(new Set(await Promise.all(MAPS.map((id) => print(page, id)))).size, 3);
  assert.equal(await canvasPrint(page), above);
  assert.deepEqual(await predictions(page), known);

  // Other fillings erase otherwise, at the same place.
  const fills = [marigold.values[1]];
  for (const fill of ['Mean colour', 'Surroundings']) {
    await page.locator('.what-if-fill').getByText(fill).click();
    await page.waitForFunction(
      (shown) => document.querySelector('#what-if-sentence')?.textContent !== shown,
      await page.locator('#what-if-sentence').textContent(),
    );
    fills.push((await table(page))[0].values[1]);
    assert.equal(await painted(page), 25);
  }
  assert.equal(new Set(fills).size, 3, String(fills));
  await assertAccessible(page, 'erased');

  // Another class, another map; what is painted over stays.
  const maps = await Promise.all(MAPS.map((id) => print(page, id)));
  await page.locator('.prediction').nth(1).click();
  await page.waitForFunction(() =>
    /dahlia from/.test(document.getElementById('what-if-sentence')?.textContent ?? ''),
  );
  assert.equal(await painted(page), 25);
  const others = await Promise.all(MAPS.map((id) => print(page, id)));
  assert.ok(others.every((other, index) => other !== maps[index]));
});

test('undo, redo and reset bring back the very numbers; a new photo starts anew', async (t) => {
  const page = await openPanel(t);
  const [undo, redo, reset] = ['Undo', 'Redo', 'Reset'].map((name) =>
    page.getByRole('button', { name, exact: true }),
  );
  for (const button of [undo, redo, reset]) assert.ok(await button.isDisabled());
  const nothing = await table(page);
  const five = await eraseHottest(page, '5 %');
  const box = await page.locator('#what-if-canvas').boundingBox();
  assert.ok(box);
  // A stroke by mouse across the upper left.
  await page.locator('#what-if-canvas').hover({ position: { x: 0.1 * box.width, y: 0.2 * box.height } });
  await page.mouse.down();
  await page.mouse.move(
    box.x + 0.4 * box.width,
    (await page.locator('#what-if-canvas').boundingBox())?.y ?? 0,
    {
      steps: 4,
    },
  );
  await page.mouse.up();
  const stroke = await table(page);
  assert.ok((await painted(page)) > 6);
  const pictures = await Promise.all(MAPS.map((id) => print(page, id)));

  await undo.click();
  assert.deepEqual(await table(page), five);
  await undo.click();
  assert.deepEqual(await table(page), nothing);
  assert.ok(await undo.isDisabled());
  await redo.click();
  await redo.click();
  assert.deepEqual(await table(page), stroke);
  assert.deepEqual(await Promise.all(MAPS.map((id) => print(page, id))), pictures);
  assert.ok(await redo.isDisabled());
  await reset.click();
  assert.deepEqual(await table(page), nothing);
  assert.equal(await painted(page), 0);

  // By key, wherever in the panel the focus is; elsewhere the keys are not the panel's.
  await page.locator('#what-if-size').focus();
  await page.keyboard.press('Control+z');
  assert.deepEqual(await table(page), stroke);
  await page.keyboard.press('Control+Shift+z');
  assert.deepEqual(await table(page), nothing);
  await page.keyboard.press('Control+z');
  await looked(page);
  await page.locator('#opacity').focus();
  await page.keyboard.press('Control+z');
  assert.deepEqual(await table(page), stroke);

  await page.getByRole('button', { name: 'cat', exact: true }).click();
  await explained(page, 'cat.jpg');
  await page.waitForFunction(() => /; 0\D/.test(document.getElementById('what-if-canvas')?.ariaLabel ?? ''));
  assert.ok((await table(page)).every(({ values }) => values[1] === null));
  assert.ok(await undo.isDisabled());
});

test('all of it by keyboard', async (t) => {
  const page = await openPanel(t);
  const before = await table(page);
  await page.locator('#tab-what-if').focus();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'what-if-canvas');
  await page.keyboard.press('Space');
  const dab = await table(page);
  const one = await painted(page);
  // A disc of 40 pixels across, of 224 × 224.
  assert.ok(Math.abs(one - (100 * Math.PI * 20 ** 2) / 224 ** 2) < 0.1, String(one));
  assert.notDeepEqual(dab, before);

  // Moving alone paints nothing; with Space held down it draws a line.
  await page.keyboard.press('ArrowLeft');
  assert.equal(await painted(page), one);
  const place = ((await page.locator('#what-if-place').textContent()) ?? '').replaceAll('\u202f', ' ');
  assert.equal(place, `Brush 41 % across, 50 % down; ${one} % painted over.`);
  await page.keyboard.down('Space');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.up('Space');
  assert.notDeepEqual(await table(page), dab);
  assert.ok((await painted(page)) > 2 * one);
  await page.keyboard.press('Control+z');
  assert.deepEqual(await table(page), dab, 'a line is one step');
  // The control is as large: its sentence would say so if it lay in the same place.
  assert.doesNotMatch((await page.locator('#what-if-sentence').textContent()) ?? '', /too little room/);
});

test('with a finger, on a phone in the dark', async (t) => {
  const page = await openPanel(t, {
    context: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'dark' },
  });
  const before = await table(page);
  await page.locator('#what-if-canvas').tap();
  assert.notDeepEqual(await table(page), before);
  assert.ok((await painted(page)) > 1);
  await assertAccessible(page, 'erased, on a phone');
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);

  // Nearly everything: there is no elsewhere, and it says so.
  await page.locator('#what-if-size').fill('96');
  const box = await page.locator('#what-if-canvas').boundingBox();
  assert.ok(box);
  for (const x of [0.25, 0.5, 0.75])
    for (const y of [0.25, 0.5, 0.75])
      await page.locator('#what-if-canvas').tap({ position: { x: x * box.width, y: y * box.height } });
  await looked(page);
  assert.ok((await painted(page)) > 60);
  assert.match((await page.locator('#what-if-sentence').textContent()) ?? '', /too little room elsewhere/);
});

test('the photo itself is what it was, also of a file that is erased and looked at in turn', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const { before, erased, after, decodes } = await page.evaluate(async () => {
    const { GradCam } = await import(new URL('www/gradcam.js', document.baseURI).href);
    const url = (/** @type {string} */ path) => new URL(path, document.baseURI);
    const cam = await GradCam.load({ model: url('www/models/resnet18-flowers102.safetensors') });
    const photo = await cam.open(url('www/photos/dahlia.jpg'));
    const before = await cam.explain(photo, { layer: 'layer3.1' });
    const mask = await cam.hottest(before.map, 0.1);
    const other = await cam.erase(photo, { mask, fill: 'mean' });
    const erased = await cam.explain(other, { layer: 'layer3.1' });
    const after = await cam.explain(photo, { layer: 'layer3.1' });
    cam.dispose();
    const said = (/** @type {typeof before} */ { predictions, map }) => ({
      predictions,
      values: [...map.values],
    });
    return {
      before: said(before),
      erased: said(erased),
      after: said(after),
      decodes: [erased.timings.decode, after.timings.decode],
    };
  });
  assert.notDeepEqual(erased, before);
  assert.deepEqual(after, before);
  assert.deepEqual(decodes, [0, 0], 'no file is decoded twice');
});
