// "Why not another class?": the numbers of the comparison, every way to say what the answer should have been, and who it
// is there for.

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { explained, Site } from './harness.mjs';
import { dahlia, numbersIn, rounds } from './numbers.mjs';
import { photoPath } from './references.mjs';

/** @typedef {import('playwright-core').Page} Page */

const PHOTO = 'dahlia.jpg';
const site = new Site();

/** @param {Page} page @param {string} selector */
const text = async (page, selector) => (await page.locator(selector).textContent()) ?? '';

/** Waits until the comparison is there and stands still. @param {Page} page */
const compared = (page) => page.locator('#compare[aria-busy="false"]:not(.stale)').waitFor();

/** The three maps, as small pictures. @param {Page} page @returns {Promise<number[][]>} */
const pictures = (page) =>
  page.locator('.compare-map canvas').evaluateAll((all) =>
    all.map((canvas) => {
      const small = new OffscreenCanvas(28, 28).getContext('2d');
      small?.drawImage(/** @type {HTMLCanvasElement} */ (canvas), 0, 0, 28, 28);
      return Array.from(small?.getImageData(0, 0, 28, 28).data ?? []);
    }),
  );

/**
 * Whether two pictures look the same: a canvas that is read back may draw a level differently from then on.
 * @param {number[]} one
 * @param {number[]} other
 */
const alike = (one, other) => one.every((value, index) => Math.abs(value - other[index]) <= 2);

test('the margin adds up, on one scale and on three, at the layer of the page', async (t) => {
  const page = await site.open(t);
  await explained(page, PHOTO);
  const { predictions, values, labels, width } = await dahlia(page);
  const [best, second] = predictions;
  assert.deepEqual([best.label, second.label], ['marigold', 'pink-yellow dahlia']);
  assert.match(await text(page, '#compare-question'), /“marigold” .*What should it have said\?/);
  assert.ok(await page.locator('#compare').isHidden());
  await page.getByRole('button', { name: 'pink-yellow dahlia, the second best' }).click();
  await compared(page);
  assert.match(await text(page, '#compare-question'), /should have been “pink-yellow dahlia”/);

  const [p, q] = [best, second].map(({ index }) => values[index]);
  const margin = p.map((value, cell) => value - q[cell]);
  const sum = margin.reduce((total, value) => total + value);
  const logits = best.logit - second.logit;
  const terms = numbersIn((await page.locator('.compare-terms strong').allTextContents()).join(' '));
  for (const [index, exact] of [sum, logits - sum, logits].entries())
    assert.ok(Math.abs(terms[index] - exact) < 2e-4, `${terms[index]}, not ${exact}`);
  assert.ok(Math.abs(terms[0] + terms[1] - terms[2]) < 2.5e-4);
  const residual = (await text(page, '#compare-sum .hint')).match(/leaves over: −?(\d.*)\.$/)?.[1] ?? '';
  const power = residual.match(/10⁻([⁰¹²³⁴⁵⁶⁷⁸⁹]+)/);
  assert.ok(residual === '0' || (power && '⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(power[1]) >= 4), `residual ${residual}`);

  // One scale: the largest value of all three; the figures say each map's own.
  const ends = async () =>
    numbersIn((await page.locator('.compare-ticks span:last-child').allTextContents()).join(' '));
  const range = Math.max(...[p, q, margin].flat().map(Math.abs));
  assert.ok((await ends()).every((end) => rounds(end, range)));
  for (const [index, map] of [p, q, margin].entries()) {
    const words = (await page.locator('.compare-extent').nth(index).textContent()) ?? '';
    const [minimum, maximum] = numbersIn(words);
    assert.ok(rounds(minimum, Math.min(...map)) && rounds(maximum, Math.max(...map)), words);
  }
  assert.match(
    await page.locator('.compare-meaning').nth(2).innerText(),
    /pink-yellow dahlia ← 0 → for marigold/,
  );
  const shared = await pictures(page);
  assert.ok(
    ![
      [0, 1],
      [1, 2],
      [0, 2],
    ].some(([one, other]) => alike(shared[one], shared[other])),
  );
  await page.locator('#panel-compare').getByText('Each on its own scale').click();
  await compared(page);
  for (const [index, end] of (await ends()).entries())
    assert.ok(rounds(end, Math.max(...[p, q, margin][index].map(Math.abs))));
  const own = await pictures(page);
  assert.deepEqual(
    own.map((picture, index) => alike(picture, shared[index])),
    [true, false, false],
    'the largest map has its scale already',
  );

  // Where the margin lies.
  const positive = margin.map((value) => Math.max(value, 0));
  const whole = positive.reduce((total, value) => total + value);
  const border = positive.filter((_, cell) => {
    const [row, column] = [Math.floor(cell / width), cell % width];
    return row % (width - 1) === 0 || column % (width - 1) === 0;
  });
  const strongest = positive.toSorted((one, other) => other - one).slice(0, Math.round(margin.length / 4));
  const [inStrongest, onBorder, , evenQuarter, evenBorder] = numbersIn(await text(page, '#compare-spread'));
  /** @param {number[]} part */
  const share = (part) => Math.round((100 * part.reduce((total, value) => total + value)) / whole);
  assert.deepEqual([inStrongest, onBorder], [share(strongest), share(border)]);
  assert.deepEqual([evenQuarter, evenBorder], [25, Math.round((100 * 24) / 49)]);
  assert.match(await text(page, '#compare-spread'), /association, not cause/);

  // Place by place.
  const field = page.locator('.compare-map').nth(2);
  await field.scrollIntoViewIfNeeded();
  const box = await field.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + (box.width * 3.5) / 7, box.y + (box.height * 2.5) / 7);
  const [row, column, ...there] = numbersIn(await text(page, '#compare-place'));
  const cell = 2 * width + 3;
  assert.deepEqual([row, column], [3, 4]);
  assert.ok([p, q, margin].every((map, index) => rounds(there[index], map[cell])));
  assert.equal(await page.locator('.compare-map .cell:visible').count(), 3);

  // Elsewhere the maps do not add up, and the page says so.
  await page.selectOption('#layer', 'layer3.1');
  await explained(page, PHOTO);
  await page.locator('#compare-method', { hasText: 'layer3.1' }).waitFor();
  await compared(page);
  assert.equal(await page.locator('.compare-terms').count(), 0);
  assert.match(
    await text(page, '#compare-sum'),
    /At layer3\.1 the maps do not add up.*At layer4\.1 they add up/,
  );
  assert.ok((await pictures(page)).every((picture, index) => !alike(picture, own[index])));
  assert.ok(labels.length > 100);
});

test('by keyboard alone; a right answer is called right and held against the runner-up', async (t) => {
  const page = await site.open(t);
  await explained(page, PHOTO);
  await page.locator('#compare-classes-title').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('camel');
  await page.keyboard.press('Enter');
  await compared(page);
  assert.match(await text(page, '#compare-question'), /should have been “camellia”/);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'compare-classes-title');
  const camellia = await pictures(page);

  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('#compare-question', { hasText: 'that is right' }).waitFor();
  assert.ok(await page.locator('#compare').isHidden(), 'a class is not held against itself');
  await page.locator('#compare-runner-up').focus();
  assert.match(await text(page, '#compare-runner-up'), /^Compare with pink-yellow dahlia/);
  await page.keyboard.press('Enter');
  await compared(page);
  assert.match(await page.locator('.compare-figure .hint').nth(1).innerText(), /^the runner-up/);
  assert.ok(!alike((await pictures(page))[1], camellia[1]));

  await page.locator('.compare-map[tabindex="0"]').focus();
  await page.keyboard.press('ArrowLeft');
  assert.match(await text(page, '#compare-place'), /^Row \d, column \d: /);
  await page.locator('#compare-own').press('Space');
  await page.locator('#compare-method', { hasText: 'own scale' }).waitFor();
});

test('from the name of the folder: chosen, or dropped', async (t) => {
  const top = mkdtempSync(join(tmpdir(), 'gradcam-'));
  t.after(() => rmSync(top, { recursive: true }));
  /** @param {string} name @param {string} photo */
  const folder = (name, photo) => {
    const path = join(top, name);
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), 'not a photo');
    if (photo) copyFileSync(photoPath(photo), join(path, `${photo}-1.jpg`));
    return path;
  };
  const page = await site.open(t);
  await explained(page, PHOTO);
  await page.setInputFiles('#folder', folder('060_Pink-Yellow_Dahlia', 'dahlia'));
  await explained(page, 'dahlia-1.jpg');
  await compared(page);
  assert.match(await text(page, '#compare-question'), /“pink-yellow dahlia” .*from the folder’s name/);

  const devtools = await page.context().newCDPSession(page);
  /** @param {string} path */
  const drop = async (path) => {
    for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop']))
      await devtools.send('Input.dispatchDragEvent', {
        type,
        x: 600,
        y: 300,
        data: { items: [], files: [path], dragOperationsMask: 1 },
      });
  };
  // It is the page’s only marigold, but not for the network.
  await drop(folder('12. fire lily', 'marigold'));
  await explained(page, 'marigold-1.jpg');
  await page.locator('#compare-question', { hasText: 'that is right, from the folder’s name' }).waitFor();

  // A name that is no class says nothing, and the one before is forgotten.
  await drop(folder('holiday', 'cat'));
  await explained(page, 'cat-1.jpg');
  assert.match(await text(page, '#compare-question'), /What should it have said\?/);
  await drop(folder('empty', ''));
  await page.getByText('There is no photo in that folder.').waitFor();
  assert.equal(await text(page, '#file-name'), 'cat-1.jpg');
});

test('on a phone, and for axe', async (t) => {
  const context = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await site.open(t, { context });
  await explained(page, PHOTO);
  await page.locator('#compare-runner-up').tap();
  await compared(page);
  await page.locator('#compare-classes-title').tap();
  await page.locator('#expected-options [aria-selected="true"]').waitFor();
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `comparison and list, ${colorScheme}`);
  }
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
});
