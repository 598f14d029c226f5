// The comparison with PyTorch that the native tests make, compiled as the site is and run in the browser: the numbers
// come from the very instructions that a visitor's browser executes, and from its own compiler of shaders.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fromRoot, Site } from './harness.mjs';
import { MODEL, PHOTOS } from './references.mjs';

const BUILT = fromRoot('target/parity');
const FLAVOURS = existsSync(BUILT) ? readdirSync(BUILT) : [];

/** The GPU computes the same whichever flavour asks it. */
const FLAVOUR_OF_GPU = 'relaxed';

const site = new Site();
const gpu = new Site({ switches: ['--enable-unsafe-webgpu'] });

test('the comparison has been compiled', () => {
  assert.ok(FLAVOURS.length > 0, 'There is no target/parity/: ./build.sh test makes it.');
});

/**
 * @param {import('node:test').TestContext} t
 * @param {Site} on
 * @param {'parity' | 'parity_webgpu' | 'parity_webgpu_hardware'} comparison
 * @param {string} flavour
 * @param {string} photo
 */
async function compare(t, on, comparison, flavour, photo) {
  on.put('worker.js', 'text/javascript', readFileSync(fromRoot('tests/browser/parity.worker.mjs')));
  on.put('parity.js', 'text/javascript', readFileSync(`${BUILT}/${flavour}/parity.js`));
  on.put('parity_bg.wasm', 'application/wasm', readFileSync(`${BUILT}/${flavour}/parity_bg.wasm`));
  on.put('model', 'application/octet-stream', readFileSync(MODEL));
  const reference = readFileSync(fromRoot(`tests/fixtures/references/${photo}.safetensors`));
  on.put('reference', 'application/octet-stream', reference);
  const page = await on.openBare(t);
  const json = await page.evaluate(
    (name) =>
      new Promise((done, fail) => {
        const worker = new Worker('worker.js', { type: 'module', name });
        worker.onerror = (event) => fail(new Error(event.message));
        worker.onmessage = ({ data }) => {
          // There is word of the threads, too.
          if (data.json) done(data.json);
          if (data.error) fail(new Error(data.error));
        };
      }),
    comparison,
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
}

for (const flavour of FLAVOURS)
  for (const photo of PHOTOS) test(`${photo}, ${flavour}`, (t) => compare(t, site, 'parity', flavour, photo));

for (const photo of PHOTOS)
  test(`${photo}, WebGPU`, (t) => compare(t, gpu, 'parity_webgpu', FLAVOUR_OF_GPU, photo));

// The kernels that a real GPU gets, through the browser's own compiler.
test('dahlia, WebGPU as on a real GPU', (t) =>
  compare(t, gpu, 'parity_webgpu_hardware', FLAVOUR_OF_GPU, 'dahlia'));
