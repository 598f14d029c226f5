// Watching live, with Chromium's own test camera: always the newest frame, never two at once, and an end that is one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { explained, message, predictions, Site } from './harness.mjs';
import { canvasPrint } from './picture.mjs';
import { assertOver, CAMERA, moreFrames, observe, read, watch } from './watching.mjs';

const site = new Site({ switches: [CAMERA] });

/**
 * @param {import('node:test').TestContext} t
 * @param {string[]} [permissions]
 */
async function open(t, permissions = ['camera']) {
  const page = await site.open(t, {
    context: { permissions },
    prepare: (page) => page.addInitScript(observe),
  });
  await explained(page, 'dahlia.jpg');
  return page;
}

test('frame after frame, with every control, and a last one that stays', async (t) => {
  const page = await open(t);
  await watch(page);
  const print = await canvasPrint(page);
  const announced = await page.locator('#status').textContent();
  await moreFrames(page, 4);
  assert.notEqual(await canvasPrint(page), print);
  assert.match((await page.locator('#live-text').textContent()) ?? '', /^Live/);
  assert.ok(await page.locator('#busy').isHidden());

  await page.selectOption('#layer', 'layer3.1');
  await moreFrames(page, 2);
  assert.equal((await read(page)).questions.at(-1)?.layer, 'layer3.1');

  await page.locator('.prediction').nth(1).click();
  await moreFrames(page, 3);
  const chosen = (await read(page)).questions.slice(-2).map(({ target }) => target);
  assert.equal(typeof chosen[0], 'number');
  assert.equal(chosen[0], chosen[1], 'the class stays');
  assert.ok(await page.locator('#kept-class').isVisible());
  await page.getByRole('button', { name: 'Follow the prediction' }).click();
  await moreFrames(page, 2);
  assert.equal((await read(page)).questions.at(-1)?.target, undefined);

  assert.equal(await page.locator('#status').textContent(), announced, 'nothing is announced frame by frame');
  await page.locator('#live-stop').click();
  await assertOver(page);

  const { frames, most } = await read(page);
  t.diagnostic(`${frames.length} frames`);
  assert.equal(most, 1);
  for (const [index, { time, sum, waiting }] of frames.entries()) {
    if (index === 0) continue;
    assert.equal(waiting, 0, 'a frame is taken when the last one is done');
    assert.ok(time > frames[index - 1].time, 'and is newer');
    assert.notEqual(sum, frames[index - 1].sum);
  }

  // An ordinary photo from now on.
  await explained(page, 'Camera');
  await page.selectOption('#layer', 'layer4.0');
  await explained(page, 'Camera');
  assert.match((await page.locator('#canvas').getAttribute('aria-label')) ?? '', /Camera: .*layer4\.0/);
  assert.equal((await predictions(page)).filter(({ chosen }) => chosen).length, 1);
  assert.ok(await page.locator('#save').isEnabled());
});

test('Escape, another photo, the camera dialog, a hidden page and a lost camera end it', async (t) => {
  const page = await open(t);
  await watch(page);
  await page.keyboard.press('Escape');
  await assertOver(page);

  await watch(page);
  await page.getByRole('button', { name: 'cat', exact: true }).click();
  await explained(page, 'cat.jpg');
  await assertOver(page);
  await explained(page, 'cat.jpg');

  await watch(page);
  await page.getByRole('button', { name: 'Use the camera' }).click();
  assert.ok(await page.locator('#live').isHidden());
  await page.getByRole('button', { name: 'Cancel' }).click();
  await assertOver(page);

  await watch(page);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    Reflect.deleteProperty(document, 'hidden');
  });
  await assertOver(page);

  await watch(page);
  await page.evaluate(() =>
    /** @type {any} */ (window).observed.tracks.at(-1).dispatchEvent(new Event('ended')),
  );
  assert.match(await message(page), /camera sends no more pictures/);
  await assertOver(page);
});

test('a camera that is refused: a sentence, and the photo stays', async (t) => {
  const page = await open(t, []);
  await page.getByRole('button', { name: 'Watch live' }).click();
  assert.match(await message(page), /camera is not allowed/);
  assert.ok(await page.locator('#live').isHidden());
  await explained(page, 'dahlia.jpg');
  await page.getByRole('button', { name: 'cat', exact: true }).click();
  await explained(page, 'cat.jpg');
  assert.equal(await page.locator('#alert .notice').count(), 0);
});
