// The ways in: file picker, drop and paste, each compared with PyTorch's answer for the same photo.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { explained, message, predictions, Site } from './harness.mjs';
import { heatPeak } from './picture.mjs';
import { PHOTOS, photoPath, reference } from './references.mjs';

const site = new Site();

/**
 * @param {import('playwright-core').Page} page
 * @param {string} photo
 */
async function assertPredicted(page, photo) {
  const { best, label, logits } = reference(photo);
  const [first] = await predictions(page);
  assert.deepEqual([first.index, first.label], [best, label]);
  // Two decimals on the page; a decoder may differ from Pillow's by a level.
  assert.ok(Math.abs(first.logit - logits[best]) < 0.1, `logit ${first.logit}, PyTorch ${logits[best]}`);
}

test('a file chosen: the prediction and the hottest cell are PyTorch’s', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  // Viridis grows lighter towards its end, so the lightest pixel is the peak.
  await page.selectOption('#colors', 'viridis');
  await page.fill('#opacity', '100');
  for (const photo of PHOTOS) {
    await page.setInputFiles('#file', photoPath(photo));
    await explained(page, `${photo}.jpg`);
    await assertPredicted(page, photo);
    assert.deepEqual(await heatPeak(page, photo), reference(photo).peak, photo);
  }
});

test('the button opens the file picker, and the same file counts twice', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  for (let time = 0; time < 2; time++) {
    const picker = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Choose a photo' }).click();
    await (await picker).setFiles(photoPath('cat'));
    await explained(page, 'cat.jpg');
    await page.getByRole('button', { name: 'dahlia' }).click();
    await explained(page, 'dahlia.jpg');
  }
});

test('samples are explained at a click', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  for (const photo of PHOTOS) {
    const button = page.locator('.sample', { has: page.locator(`img[src$="${photo}.jpg"]`) });
    await button.click();
    await explained(page, `${photo}.jpg`);
    await assertPredicted(page, photo);
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
  }
});

test('a file dropped anywhere', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const devtools = await page.context().newCDPSession(page);
  /** @param {'dragEnter' | 'dragOver' | 'drop'} type @param {{ files?: string[], items?: any[] }} dragged */
  const drag = (type, { files = [], items = [] }) =>
    devtools.send('Input.dispatchDragEvent', {
      type,
      x: 600,
      y: 300,
      data: { items, files, dragOperationsMask: 1 },
    });

  const file = { files: [photoPath('ladybird')] };
  await drag('dragEnter', file);
  await drag('dragOver', file);
  assert.ok(await page.locator('#drop').isVisible(), 'the page says that it takes the file');
  await drag('drop', file);
  await explained(page, 'ladybird.jpg');
  await assertPredicted(page, 'ladybird');
  assert.ok(await page.locator('#drop').isHidden());

  const text = { items: [{ mimeType: 'text/plain', data: 'not a file' }] };
  for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop'])) await drag(type, text);
  await message(page);
  await explained(page, 'ladybird.jpg');
});

test('a picture pasted', async (t) => {
  const page = await site.open(t, { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await explained(page, 'dahlia.jpg');
  await page.evaluate(
    async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
      const png = await canvas.convertToBlob({ type: 'image/png' });
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    },
    readFileSync(photoPath('cat'), 'base64'),
  );
  await page.keyboard.press('ControlOrMeta+v');
  await page.waitForFunction(() => document.getElementById('file-name')?.textContent !== 'dahlia.jpg');
  await explained(page, (await page.locator('#file-name').textContent()) ?? '');
  await assertPredicted(page, 'cat');

  await page.evaluate(() => navigator.clipboard.writeText('no picture'));
  await page.keyboard.press('ControlOrMeta+v');
  await message(page);
});
