// The comparison with PyTorch that the native tests make, compiled as the site is and run in the browser: the numbers
// come from the very instructions that a visitor's browser executes.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fromRoot, Site } from './harness.mjs';
import { MODEL, PHOTOS } from './references.mjs';

const BUILT = fromRoot('target/parity');
const FLAVOURS = existsSync(BUILT) ? readdirSync(BUILT) : [];
const site = new Site();

test('the comparison has been compiled', () => {
  assert.ok(FLAVOURS.length > 0, 'There is no target/parity/: ./build.sh test makes it.');
});

/** @param {string} path within the site @param {string} type @param {string | Buffer} body */
function serve(path, type, body) {
  site.answers.set(path, (_request, response) => response.writeHead(200, { 'Content-Type': type }).end(body));
}

for (const flavour of FLAVOURS)
  for (const photo of PHOTOS)
    test(`${photo}, ${flavour}`, async (t) => {
      serve(
        'parity.html',
        'text/html',
        '<!doctype html><link rel="icon" href="data:," /><title>Parity</title>',
      );
      serve('worker.js', 'text/javascript', readFileSync(fromRoot('tests/browser/parity.worker.mjs')));
      serve('parity.js', 'text/javascript', readFileSync(`${BUILT}/${flavour}/parity.js`));
      serve('parity_bg.wasm', 'application/wasm', readFileSync(`${BUILT}/${flavour}/parity_bg.wasm`));
      serve('model', 'application/octet-stream', readFileSync(MODEL));
      serve(
        'reference',
        'application/octet-stream',
        readFileSync(fromRoot(`tests/fixtures/references/${photo}.safetensors`)),
      );
      const page = await site.open(t, { path: 'parity.html' });
      const json = await page.evaluate(
        () =>
          new Promise((done, fail) => {
            const worker = new Worker('worker.js', { type: 'module' });
            worker.onerror = (event) => fail(new Error(event.message));
            worker.onmessage = ({ data }) => {
              // There is word of the threads, too.
              if (data.json) done(data.json);
              if (data.error) fail(new Error(data.error));
            };
          }),
      );
      /** @type {{ what: string, value: number, bound: number, holds: boolean }[]} */
      const measurements = JSON.parse(json);
      assert.ok(measurements.length > 100, `${measurements.length} measurements`);
      assert.deepEqual(
        measurements.filter(({ holds }) => !holds),
        [],
      );
      // The closest to its bound, of those that must stay below one.
      const share = (/** @type {{ value: number, bound: number }} */ { value, bound }) => value / bound;
      const [closest] = measurements.filter(({ bound }) => bound < 0.5).sort((a, b) => share(b) - share(a));
      t.diagnostic(
        `${measurements.length} measurements hold; closest to its bound: ${closest.what}, ` +
          `${closest.value.toExponential(1)} of ${closest.bound.toExponential(1)}`,
      );
    });
