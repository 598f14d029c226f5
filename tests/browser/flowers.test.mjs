// 300 test photos of Oxford Flowers-102 as a folder: every answer is PyTorch's. Wants the data set, which is not part of the
// repository.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { csvRows, finished } from './folders.mjs';
import { explained, fromRoot, Site } from './harness.mjs';
import { LABELS } from './references.mjs';

const DATA = fromRoot('../shared/flowers-102/jpg');
const SKIP = existsSync(DATA) ? false : 'the photos of Flowers-102 are not here';

/** Milliseconds that 300 photos may take on a slow, busy machine. */
const PATIENCE = 300_000;

const site = new Site();

test('300 photos: the accuracy, and each prediction, as PyTorch has them', { skip: SKIP }, async (t) => {
  /** @type {{ right: number, photos: { file: string, class: number, top1: number }[] }} */
  const expected = JSON.parse(readFileSync(fromRoot('tests/fixtures/flowers102.json'), 'utf8'));
  const top = mkdtempSync(join(tmpdir(), 'flowers-'));
  t.after(() => rmSync(top, { recursive: true }));
  for (const { file, class: index } of expected.photos) {
    const folder = join(top, `${index + 1} ${LABELS[index]}`);
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(DATA, file), join(folder, file));
  }
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const start = performance.now();
  await page.setInputFiles('#folder', top);
  await finished(page, PATIENCE);
  t.diagnostic(`${Math.round(performance.now() - start)} ms`);

  const download = page.waitForEvent('download');
  await page.locator('#folder-csv').click();
  const rows = csvRows(readFileSync(await (await download).path(), 'utf8'));
  const found = rows.map(({ photo, expected_index, predicted_index }) => [
    photo,
    expected_index,
    predicted_index,
  ]);
  assert.deepEqual(
    found.toSorted(),
    expected.photos.map((photo) => [photo.file, String(photo.class), String(photo.top1)]).toSorted(),
  );
  const [accuracy] = await page.locator('.folder-figure').allInnerTexts();
  const share = ((100 * expected.right) / expected.photos.length).toFixed(1);
  assert.match(
    accuracy,
    new RegExp(`^${share}\\s%\\s+right: ${expected.right} of ${expected.photos.length}$`),
  );
});
