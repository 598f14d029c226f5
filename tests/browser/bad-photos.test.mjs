// Files that are no photo, or hardly one: each is explained or answered with a sentence, and the next photo works.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { explained, fromRoot, message, predictions, Site } from './harness.mjs';
import { photoPath, reference } from './references.mjs';

const FOLDER = fromRoot('tests/fixtures/bad');
/** @type {Record<string, { error?: string }>} */
const EXPECTED = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8'));
const site = new Site();

test('every bad photo', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  for (const [name, { error }] of Object.entries(EXPECTED)) {
    await t.test(`${name}: ${error ?? 'explained'}`, async (t) => {
      const previous = (await page.locator('#file-name').textContent()) ?? '';
      await page.setInputFiles('#file', join(FOLDER, name));
      if (error) {
        t.diagnostic(await message(page));
        // What was there before is there again.
        await explained(page, previous);
      } else {
        await explained(page, name);
        const [best] = await predictions(page);
        assert.ok(Number.isFinite(best.logit) && best.label);
        assert.equal(await page.locator('#alert .notice').count(), 0);
      }

      await page.setInputFiles('#file', photoPath('cat'));
      await explained(page, 'cat.jpg');
      assert.equal((await predictions(page))[0].index, reference('cat').best);
      assert.equal(await page.locator('#alert .notice').count(), 0, 'the message is gone');
    });
  }
});

test('a bad photo while the network loads does not cost the sample', async (t) => {
  const page = await site.open(t);
  await page.setInputFiles('#file', fromRoot('tests/fixtures/bad/text.jpg'));
  await message(page);
  await explained(page, 'dahlia.jpg');
});
