// Every control changes the picture: class, layer, method, scale, colours, opacity, view. And the picture can be saved.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { explained, predictions, Site } from './harness.mjs';
import { canvasPrint, pngSize } from './picture.mjs';

/** @typedef {import('playwright-core').Page} Page */

const PHOTO = 'dahlia.jpg';
const [WIDTH, HEIGHT] = [640, 427];
const site = new Site();

/** @param {import('node:test').TestContext} t */
async function openExplained(t) {
  const page = await site.open(t);
  await explained(page, PHOTO);
  return page;
}

/**
 * Chooses every option of a select, and asserts that each gives another picture.
 * @param {Page} page
 * @param {string} id
 * @param {string[]} [slow] options that are left out
 */
async function assertEachDiffers(page, id, slow = []) {
  const all = await page
    .locator(`#${id} option`)
    .evaluateAll((options) => options.map((option) => /** @type {HTMLOptionElement} */ (option).value));
  const values = all.filter((value) => !slow.includes(value));
  assert.ok(values.length > 1);
  /** @type {Map<string, string>} */
  const seen = new Map();
  for (const value of values) {
    await page.selectOption(`#${id}`, value);
    await explained(page, PHOTO);
    const print = await canvasPrint(page);
    assert.equal(seen.get(print), undefined, `${id} ${value} looks like another`);
    seen.set(print, value);
  }
  return values;
}

/** @param {Page} page @param {string} view */
const show = (page, view) => page.getByText(view, { exact: true }).click();

test('class: by click and by arrow key', async (t) => {
  const page = await openExplained(t);
  const labels = (await predictions(page)).map(({ label }) => label);
  const prints = [await canvasPrint(page)];

  await page.locator('.prediction').nth(1).click();
  await explained(page, PHOTO);
  prints.push(await canvasPrint(page));
  assert.match(
    (await page.locator('#verdict').textContent()) ?? '',
    new RegExp(`“${labels[1]}”.*“${labels[0]}”`),
  );

  await page.keyboard.press('ArrowDown');
  await explained(page, PHOTO);
  prints.push(await canvasPrint(page));
  assert.equal(
    (await predictions(page)).findIndex(({ chosen }) => chosen),
    2,
  );
  assert.equal(new Set(prints).size, 3);

  // Back at the first, the picture is the first again.
  await page.locator('.prediction').first().click();
  await explained(page, PHOTO);
  assert.equal(await canvasPrint(page), prints[0]);
});

test('layer', async (t) => {
  const page = await openExplained(t);
  const layers = await assertEachDiffers(page, 'layer');
  assert.equal(layers.length, 10);
});

test('method, at a layer where all differ', async (t) => {
  const page = await openExplained(t);
  await page.selectOption('#layer', 'layer3.1');
  await explained(page, PHOTO);
  // The slow ones are chosen in layers.test.mjs.
  await assertEachDiffers(page, 'method', ['ablation-cam', 'smooth-grad', 'integrated-gradients']);
});

test('scale and colours, with the legend', async (t) => {
  const page = await openExplained(t);
  const low = page.locator('#legend-low');
  // A class with both signs in its map, so that the scales differ.
  await page.locator('.prediction').nth(4).click();
  await explained(page, PHOTO);
  await assertEachDiffers(page, 'scale');
  assert.match((await low.textContent()) ?? '', /^−/);
  await page.selectOption('#scale', 'positive');
  await explained(page, PHOTO);
  assert.equal(await low.textContent(), '0');
  await assertEachDiffers(page, 'colors');
});

test('opacity, by mouse and by key', async (t) => {
  const page = await openExplained(t);
  const prints = [await canvasPrint(page)];
  const slider = page.locator('#opacity');
  await slider.press('ArrowRight');
  prints.push(await canvasPrint(page));
  const box = await slider.boundingBox();
  assert.ok(box);
  await page.mouse.click(box.x + 0.9 * box.width, box.y + box.height / 2);
  prints.push(await canvasPrint(page));
  assert.equal(new Set(prints).size, 3);
  const value = await slider.inputValue();
  assert.ok(Number(value) > 80);
  assert.equal((await page.locator('#opacity-value').textContent())?.replace(/\s/g, ''), `${value}%`);
});

test('three panels: opacity changes the last alone', async (t) => {
  const page = await openExplained(t);
  const overlay = await canvasPrint(page);
  await show(page, 'Three panels');
  assert.notEqual(await canvasPrint(page), overlay);
  const thirds = /** @type {[number, number][]} */ ([
    [0, 0.33],
    [0.34, 0.66],
    [0.67, 1],
  ]);
  const panels = () => Promise.all(thirds.map((third) => canvasPrint(page, third)));
  const before = await panels();
  await page.locator('#opacity').fill('90');
  const after = await panels();
  assert.equal(new Set(after).size, 3);
  assert.deepEqual(
    after.map((print, i) => print === before[i]),
    [true, true, false],
  );
});

test('saving: a PNG as large as the photo, or three of them side by side', async (t) => {
  const page = await openExplained(t);
  const saved = async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save picture' }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^dahlia_marigold_layer4\.1_grad-cam\.png$/);
    return pngSize(readFileSync(await file.path()));
  };
  assert.deepEqual(await saved(), [WIDTH, HEIGHT]);
  await show(page, 'Three panels');
  const [width, height] = await saved();
  assert.ok(width >= 3 * WIDTH && width < 3.2 * WIDTH && height >= HEIGHT && height < 1.2 * HEIGHT);
});
