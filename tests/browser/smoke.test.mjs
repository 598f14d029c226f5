// The built site opens, and explains its first sample without a click.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { explained, fromRoot, predictions, Site } from './harness.mjs';
import { MODEL, reference } from './references.mjs';

const site = new Site();

test('the manifest tells the truth about the model', async () => {
  const manifest = JSON.parse(readFileSync(fromRoot('dist/manifest.json'), 'utf8'));
  const served = await fetch(site.url + manifest.model.url);
  const bytes = Buffer.from(await served.arrayBuffer());
  assert.ok(bytes.equals(readFileSync(MODEL)));
  assert.equal(manifest.model.bytes, bytes.length);
  assert.equal(manifest.model.sha256, createHash('sha256').update(bytes).digest('hex'));
});

test('the first sample is explained without a click', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const [best] = await predictions(page);
  const { best: index, label, logits } = reference('dahlia');
  assert.deepEqual([best.index, best.label, best.chosen], [index, label, true]);
  assert.ok(Math.abs(best.logit - logits[index]) < 0.1, `logit ${best.logit}, PyTorch ${logits[index]}`);
  assert.match((await page.locator('#verdict').textContent()) ?? '', new RegExp(`“${label}”`));
});
