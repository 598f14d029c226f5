// The file _headers: on a host that sends what it says, the page is isolated from its first visit on, and other people's
// pages can use the library.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { explained, fromRoot, Site } from './harness.mjs';
import { reference } from './references.mjs';

/** The headers by the paths they go for. @type {Map<string, Record<string, string>>} */
const rules = new Map();
/** @type {Record<string, string>} */
let headers = {};
for (const line of readFileSync(fromRoot('dist/_headers'), 'utf8').split('\n')) {
  if (!line.trim() || line.trim().startsWith('#')) continue;
  if (line.startsWith('/')) rules.set(line, (headers = {}));
  else {
    const [, name, value] = /^ {2}([\w-]+): (.+)$/.exec(line) ?? assert.fail(`a line of _headers: ${line}`);
    headers[name] = value;
  }
}

const host = new Site({ headers: rules.get('/*') });
const elsewhere = new Site({ headers: {} });
const isolatedElsewhere = new Site();

test('every rule goes for a file that is there, and none for a header that another one sets', () => {
  const everywhere = Object.keys(rules.get('/*') ?? {});
  assert.ok(everywhere.length > 0);
  for (const [path, headers] of rules) {
    if (path === '/*') continue;
    assert.ok(existsSync(fromRoot(`dist${path.replace(':flavour', 'simd')}`)), path);
    // Some hosts send both, with a comma between them.
    for (const name of Object.keys(headers)) assert.ok(!everywhere.includes(name), name);
  }
});

test('the page is isolated from its first visit on', async (t) => {
  const page = await host.open(t);
  await explained(page, 'dahlia.jpg');
  assert.ok(await page.evaluate(() => crossOriginIsolated));
});

for (const [name, site] of Object.entries({ 'a page': elsewhere, 'an isolated page': isolatedElsewhere }))
  test(`${name} elsewhere uses the library`, async (t) => {
    const page = await site.openBare(t, { allow: /^request elsewhere/ });
    const best = await page.evaluate(async (address) => {
      const { GradCam } = await import(new URL('www/gradcam.js', address).href);
      const cam = await GradCam.load({
        model: new URL('www/models/resnet18-flowers102.safetensors', address),
        engine: 'cpu',
      });
      const { predictions } = await cam.explain(new URL('www/photos/dahlia.jpg', address));
      cam.dispose();
      return predictions[0].index;
    }, host.url);
    assert.equal(best, reference('dahlia').best);
  });
