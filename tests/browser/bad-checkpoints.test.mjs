// Checkpoints that are damaged, hostile, or of another network: each is refused in one sentence, and the page lives on.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { withClasses } from './checkpoints.mjs';
import { explained, fromRoot, predictions, Site } from './harness.mjs';
import { photoPath, reference } from './references.mjs';
import { join, split } from './safetensors.mjs';

const site = new Site();
const good = withClasses([0, 1, 2, 3, 4, 5, 6]);

/** What PyTorch wrote, or what was made of that. @param {string} name */
const fixture = (name) => readFileSync(fromRoot(`tests/fixtures/checkpoints/${name}`));

/** @param {(header: import('./safetensors.mjs').Header, data: Buffer) => void} change */
function changed(change) {
  const { header, data } = split(Buffer.from(good));
  change(header, data);
  return join(header, data);
}

/** @param {Record<string, string>} names new names by old ones: removed, they would leave holes, which the format forbids */
function renamed(names) {
  return changed((header) => {
    for (const [old, name] of Object.entries(names)) {
      header[name] = header[old];
      delete header[old];
    }
  });
}

/** @type {[name: string, file: Buffer, says: RegExp][]} */
const BAD = [
  ['empty.pth', Buffer.alloc(0), /empty/],
  ['cut-short.pth', fixture('truncated.pth'), /incomplete|damaged/],
  ['calls-os-system.pth', fixture('os-system.pth'), /“(os|posix)\.system”/],
  ['with-arguments.pth', fixture('argparse-namespace.pth'), /“argparse\.Namespace”/],
  ['absurd-shape.pth', fixture('shape-absurd.pth'), /shape|elements|storage|1099511627776/],
  ['nested.pth', fixture('deep-lists.pth'), /no weights/],
  [
    'overlapping.safetensors',
    changed((header) => {
      const { data_offsets: offsets } = header['layer1.0.conv2.weight'];
      header['layer1.0.conv1.weight'].data_offsets = [offsets[0], offsets[1]];
    }),
    /incomplete|damaged/,
  ],
  [
    'header-of-4-gb.safetensors',
    Buffer.concat([Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]), good.subarray(8, 4096)]),
    /incomplete|damaged/,
  ],
  [
    'not-a-number.safetensors',
    changed((header, data) => data.writeUInt16LE(0x7e00, header['layer4.1.conv2.weight'].data_offsets[0])),
    /layer4\.1\.conv2\.weight.*finite/,
  ],
  [
    'integers.safetensors',
    changed((header) => (header['layer3.0.conv1.weight'].dtype = 'I16')),
    /layer3\.0\.conv1\.weight.*I16/,
  ],
  ['headless.safetensors', renamed({ 'fc.weight': 'head.weight', 'fc.bias': 'head.bias' }), /fc\.weight/],
  [
    'vgg16.safetensors',
    join({ 'features.0.weight': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.alloc(4)),
    /features\.0\.weight/,
  ],
  [
    'wide.safetensors',
    changed((header) => (header['layer2.0.conv1.weight'].shape = [64, 128, 3, 3])),
    /\[64, 128, 3, 3\].*\[128, 64, 3, 3\]/,
  ],
];

test('checkpoints that cannot be used', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await page.getByRole('button', { name: 'Use your own network' }).click();
  const failed = page.locator('#network-failed p');
  /** @type {string[]} */
  const taken = [];
  for (const [name, buffer, says] of BAD) {
    // By the page's own clock, from the choice to the sentence: sending the file to the browser takes longer than that.
    await page.evaluate(() => {
      const started = new Promise((done) =>
        document.getElementById('network-file')?.addEventListener('change', () => done(performance.now()), {
          once: true,
          capture: true,
        }),
      );
      const said = new Promise((done) => {
        const observer = new MutationObserver((records) => {
          if (!records.some(({ addedNodes }) => addedNodes.length > 0)) return;
          observer.disconnect();
          done(performance.now());
        });
        observer.observe(/** @type {Element} */ (document.getElementById('network-failed')), {
          childList: true,
        });
      });
      Object.assign(window, { refusal: Promise.all([started, said]) });
    });
    await page.setInputFiles('#network-file', { name, mimeType: 'application/octet-stream', buffer });
    const [started, said] = await page.evaluate(() => /** @type {any} */ (window).refusal);
    const sentence = (await failed.textContent()) ?? '';
    assert.match(sentence, says, name);
    assert.match(sentence, /^[A-Z“].{10,300}\.$/, `${name}: a sentence`);
    assert.doesNotMatch(sentence, /undefined|null|NaN\b|\[object|Error:|unreachable|panicked|wasm/i);
    assert.ok(said - started < 1000, `${name}: within a second, not ${said - started} ms`);
    taken.push(`${name} ${Math.round(said - started)} ms`);
    assert.equal(
      await page.locator('#network-used-name').textContent(),
      'Oxford Flowers-102',
      'nothing is lost',
    );
  }
  t.diagnostic(taken.join(', '));
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.setInputFiles('#file', photoPath('ladybird'));
  await explained(page, 'ladybird.jpg');
  assert.equal((await predictions(page))[0].index, reference('ladybird').best);
});
