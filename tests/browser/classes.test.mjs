// All classes at once: pointing at one shows its map, choosing keeps it; and pointing at a place shows its votes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { explained, fromRoot, Site } from './harness.mjs';
import { dahlia, numbersIn, rounds } from './numbers.mjs';
import { canvasPrint } from './picture.mjs';
import { photoPath } from './references.mjs';

/** @typedef {import('playwright-core').Page} Page */

const PHOTO = 'dahlia.jpg';
const site = new Site();

/** Counts what the page asks its engine for. */
function countRequests() {
  const counts = /** @type {Record<string, number>} */ ({});
  Object.assign(window, { requests: counts });
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (/** @type {any} */ message, /** @type {any} */ ...rest) {
    counts[message.kind] = (counts[message.kind] ?? 0) + 1;
    return post.call(this, message, ...rest);
  };
}

/** @param {Page} page @param {string} kind @returns {Promise<number>} */
const requests = (page, kind) =>
  page.evaluate((kind) => /** @type {any} */ (window).requests[kind] ?? 0, kind);

/** @param {Page} page @param {string} selector */
const text = async (page, selector) => (await page.locator(selector).textContent()) ?? '';

/** @param {Page} page @param {string} label */
const row = (page, label) => page.locator('#class-options [role="option"]', { hasText: label });

/** Waits until the line under the picture speaks of a class. @param {Page} page @param {string | RegExp} words */
const saying = (page, words) => page.locator('#verdict', { hasText: words }).waitFor();

/** Moves the pointer to where nothing is. @param {Page} page */
const leave = (page) => page.mouse.move(2, 2);

/**
 * A point of the crop, in shares of it, on the screen: the photo is 640 × 427, the network saw 7/8 of its height.
 * @param {Page} page @param {number} x @param {number} y
 */
async function pointOf(page, x, y) {
  const box = await page.locator('#canvas').boundingBox();
  assert.ok(box);
  const scale = Math.min(box.width / 640, box.height / 427);
  const side = (427 * scale * 224) / 256;
  return /** @type {const} */ ([
    box.x + box.width / 2 + (x - 0.5) * side,
    box.y + box.height / 2 + (y - 0.5) * side,
  ]);
}

test('pointing at a class shows its map, and leaving brings the chosen one back', async (t) => {
  const page = await site.open(t, { prepare: (page) => page.addInitScript(countRequests) });
  await explained(page, PHOTO);
  const { predictions } = await dahlia(page);
  const chosen = await canvasPrint(page);
  const end = await text(page, '#legend-high');

  await page.getByText('All 102 classes').click();
  const listed = await page
    .locator('#class-options .class-name')
    .evaluateAll((names) => names.map(({ textContent }) => textContent));
  assert.deepEqual(
    listed,
    predictions.map(({ label }) => label),
  );

  await row(page, 'carnation').hover();
  await saying(page, '“carnation”');
  const preview = await canvasPrint(page);
  const previewed = await text(page, '#legend-high');
  assert.notEqual(preview, chosen);
  assert.notEqual(previewed, end);
  assert.equal(
    await text(page, '#legend-title'),
    'Map value, in logit units',
    'it is the map that is chosen',
  );
  assert.match((await page.locator('#canvas').getAttribute('aria-label')) ?? '', /carnation/);

  // What is saved is the chosen class's all the same.
  const download = page.waitForEvent('download');
  await page.locator('#save').dispatchEvent('click');
  const file = await download;
  assert.match(file.suggestedFilename(), /^dahlia_marigold_/);
  const saved = readFileSync(await file.path());

  await leave(page);
  await saying(page, 'The network says');
  assert.equal(await canvasPrint(page), chosen);
  assert.equal(await text(page, '#legend-high'), end);
  const again = page.waitForEvent('download');
  await page.locator('#save').click();
  assert.ok(saved.equals(readFileSync(await (await again).path())), 'the saved picture has no preview in it');

  // One of the five best as well; and chosen for good, it has the very same values.
  const before = await requests(page, 'explain');
  await page.locator('.prediction').nth(2).hover();
  await saying(page, '“carnation”');
  assert.equal(await canvasPrint(page), preview);
  assert.equal(await requests(page, 'explain'), before);
  await page.getByText('All 102 classes').scrollIntoViewIfNeeded();
  await row(page, 'carnation').click();
  await explained(page, PHOTO);
  assert.equal(await requests(page, 'explain'), before + 1);
  await leave(page);
  assert.equal(await text(page, '#legend-high'), previewed);
  assert.match(await text(page, '#verdict'), /^Map for “carnation”/);
  assert.equal(await row(page, 'carnation').getAttribute('aria-selected'), 'true');
  await page.locator('.prediction').first().click();
  await explained(page, PHOTO);

  // Many classes at once: none in between is painted, and the newest is shown.
  const painted = await requests(page, 'paint');
  const last = await page.locator('#class-options').evaluate((list) => {
    const rows = [...list.children].slice(1, 41);
    rows.forEach((each, index) =>
      each.dispatchEvent(
        new PointerEvent('pointermove', { bubbles: true, pointerType: 'mouse', clientX: index, clientY: 1 }),
      ),
    );
    return rows[rows.length - 1].querySelector('.class-name')?.textContent ?? '';
  });
  await saying(page, `“${last}”`);
  const paints = (await requests(page, 'paint')) - painted;
  assert.ok(paints <= 2, `${paints} pictures for 40 classes`);
  // Once by the page, and once by this test.
  assert.equal(await requests(page, 'class-maps'), 2);

  // At another layer it says what it is; the picture is the same.
  await leave(page);
  await page.selectOption('#layer', 'layer2.1');
  await explained(page, PHOTO);
  const shallow = await canvasPrint(page);
  await row(page, 'carnation').hover();
  await saying(page, 'layer4.1, Grad-CAM preview');
  assert.match(await text(page, '#legend-title'), /layer4\.1, Grad-CAM preview/);
  assert.equal(await canvasPrint(page), preview);
  await leave(page);
  await saying(page, 'The network says');
  assert.equal(await canvasPrint(page), shallow);

  // A pointer at rest has pointed at nothing in the next photo.
  await row(page, 'carnation').hover();
  await saying(page, 'layer4.1, Grad-CAM preview');
  await page.setInputFiles('#file', photoPath('cat'));
  await explained(page, 'cat.jpg');
  assert.match(await text(page, '#verdict'), /^The network says “sunflower”/);
});

test('searching, previewing and choosing by keyboard; a blank map is called blank', async (t) => {
  const page = await site.open(t);
  await explained(page, PHOTO);
  const { values, labels } = await dahlia(page);
  await page.locator('#all-classes-title').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'class-search');
  const chosen = await canvasPrint(page);

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await saying(page, '“pink-yellow dahlia”');
  assert.notEqual(await canvasPrint(page), chosen);
  await page.keyboard.press('ArrowUp');
  await saying(page, 'The network says');
  assert.equal(await canvasPrint(page), chosen);

  await page.keyboard.type('King pro');
  await saying(page, '“king protea”');
  assert.equal(await page.locator('#class-options [role="option"]:visible').count(), 1);
  // No cell argues for it.
  const map = values[labels.indexOf('king protea')];
  assert.ok(Math.max(...map) < 0);
  const extremes = [Math.min(...map), Math.max(...map)];
  const assertBlank = async () => {
    const words = await text(page, '#blank-text');
    assert.ok(await page.locator('#blank').isVisible());
    const found = numbersIn(words.slice(words.indexOf('Values')));
    assert.ok(
      extremes.every((value, index) => rounds(found[index], value)),
      words,
    );
  };
  await assertBlank();
  assert.ok(await page.locator('#blank-signed').isHidden());
  assert.ok(await page.locator('#class-options').evaluate((list) => list.scrollHeight <= list.clientHeight));

  await page.keyboard.press('Enter');
  await explained(page, PHOTO);
  await saying(page, 'Map for “king protea”');
  await assertBlank();
  await page.selectOption('#scale', 'min-max');
  await explained(page, PHOTO);
  await assertBlank();
  await page.locator('#blank-signed').click();
  await explained(page, PHOTO);
  assert.equal(await page.locator('#scale').inputValue(), 'signed');
  assert.ok(await page.locator('#blank').isHidden());

  await page.locator('#class-search').press('Escape');
  assert.equal(await page.locator('#class-search').inputValue(), '');
  assert.equal(await page.locator('#class-options [role="option"]:visible').count(), 102);
  await page.keyboard.type('no such flower');
  assert.ok(await page.locator('#all-classes .class-none').isVisible());
});

test('a place in the picture: its value, and its votes as the maps of all classes have them', async (t) => {
  const page = await site.open(t);
  await explained(page, PHOTO);
  const { values, width, height, labels } = await dahlia(page);
  const best = labels.indexOf('marigold');

  /** @param {number} row @param {number} column */
  const assertReads = async (row, column) => {
    const cell = row * width + column;
    const value = await text(page, '#place-value');
    assert.ok(value.startsWith(`Row ${row + 1}, column ${column + 1} of ${height} × ${width}`), value);
    assert.ok(rounds(numbersIn(value)[4], values[best][cell]), value);
    const ranked = labels
      .map((label, index) => ({ label, value: values[index][cell] }))
      .sort((one, other) => other.value - one.value);
    const lists = { '#place-adds li': ranked.slice(0, 3), '#place-takes li': ranked.slice(-3).reverse() };
    for (const [selector, expected] of Object.entries(lists)) {
      const lines = await page.locator(selector).allTextContents();
      assert.equal(lines.length, 3);
      lines.forEach((line, index) => {
        assert.ok(line.endsWith(` ${expected[index].label}`), line);
        assert.ok(rounds(numbersIn(line)[0], expected[index].value), `${line}: ${expected[index].value}`);
      });
    }
  };

  const print = await canvasPrint(page);
  await page.mouse.move(...(await pointOf(page, 3.5 / 7, 2.5 / 7)));
  await page.locator('#place').waitFor();
  await assertReads(2, 3);
  const outline = await page.locator('#places .cell').boundingBox();
  const corner = await pointOf(page, 3 / 7, 2 / 7);
  assert.ok(outline && Math.hypot(outline.x - corner[0], outline.y - corner[1]) < 2, 'the cell is outlined');
  await page.mouse.move(...(await pointOf(page, -0.1, 0.5)));
  assert.equal(await text(page, '#place-value'), 'Outside what the network saw.');
  assert.ok(await page.locator('#place-votes').isHidden());
  await leave(page);
  await page.locator('#place').waitFor({ state: 'hidden' });
  assert.equal(await canvasPrint(page), print, 'nothing of it is drawn into the picture');

  // By key it begins at the strongest cell.
  const peak = values[best].indexOf(Math.max(...values[best]));
  const start = { row: Math.floor(peak / width), column: peak % width };
  await page.locator('#places').focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowUp');
  await page.locator('#place').waitFor();
  await assertReads(start.row - 1, start.column);
  await page.keyboard.press('ArrowRight');
  await assertReads(start.row - 1, start.column + 1);
  assert.match(await text(page, '#place-spoken'), /adds to/);

  // At a layer with other cells the value is of the map on the page, the votes stay with the last layer.
  await page.selectOption('#layer', 'layer3.1');
  await explained(page, PHOTO);
  await page.mouse.move(...(await pointOf(page, 3.4 / 7, 2.4 / 7)));
  await page.locator('#place').waitFor();
  assert.match(await text(page, '#place-value'), /^Row 5, column 7 of 14 × 14/);
  assert.equal(await text(page, '#place-adds-title'), 'This place at layer4.1 adds to');
  const first = await page.locator('#place-adds li').first().textContent();
  const cell = 2 * width + 3;
  assert.ok(rounds(numbersIn(first)[0], Math.max(...values.map((map) => map[cell]))));
});

test('on a phone: a tap reads a place, nothing sticks out, and axe has nothing to say', async (t) => {
  const context = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const page = await site.open(t, { context });
  await explained(page, PHOTO);
  await page.touchscreen.tap(...(await pointOf(page, 0.5, 0.3)));
  await page.locator('#place').waitFor();
  assert.match(await text(page, '#place-value'), /^Row 3, column 4 of 7 × 7/);
  await page.locator('#all-classes-title').tap();
  await row(page, 'camellia').tap();
  await explained(page, PHOTO);
  await saying(page, 'Map for “camellia”');
  await page.locator('#class-search').fill('dahlia');
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    await page.emulateMedia({ colorScheme });
    await assertAccessible(page, `list open, a class at the keys, ${colorScheme}`);
  }
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
});

test('a network without such maps: no previews, no votes, no errors', async (t) => {
  const client = readFileSync(fromRoot('dist/www/engine/client.js'), 'utf8');
  const question = "return this.#ask({ kind: 'class-maps', photo: handle }, signal);";
  assert.ok(client.includes(question));
  site.put('www/engine/client.js', 'text/javascript', client.replace(question, 'return null;'));
  const page = await site.open(t);
  await explained(page, PHOTO);
  const print = await canvasPrint(page);
  await page.locator('.prediction').nth(1).hover();
  assert.equal(await canvasPrint(page), print);
  assert.match(await text(page, '#verdict'), /^The network says/);
  await page.mouse.move(...(await pointOf(page, 0.5, 0.5)));
  assert.match(await text(page, '#place-value'), /^Row 4, column 4/);
  assert.ok(await page.locator('#place-votes').isHidden());
});
