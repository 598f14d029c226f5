// The comparison with PyTorch that the native tests make, compiled as the site is and run in the browser: the numbers
// come from the very instructions that a visitor's browser executes, and from its own compiler of shaders.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { fromRoot, Site } from './harness.mjs';
import { MODEL, PHOTOS } from './references.mjs';

const BUILT = fromRoot('target/parity');
const FLAVOURS = existsSync(BUILT) ? readdirSync(BUILT) : [];

/** For what differs little between the flavours: the GPU computes the same whichever asks it. */
const FLAVOUR_OF_ONE = 'relaxed';

const site = new Site();
const gpu = new Site({ switches: ['--enable-unsafe-webgpu'] });

test('the comparison has been compiled', () => {
  assert.ok(FLAVOURS.length > 0, 'There is no target/parity/: ./build.sh test makes it.');
});

/** @param {string} name */
const reference = (name) => fromRoot(`tests/fixtures/references/${name}.safetensors`);

/**
 * @typedef {{
 *   comparison: 'parity' | 'parity_resnet34' | 'parity_resnet50' | 'parity_webgpu' | 'parity_webgpu_hardware',
 *   flavour: string,
 *   given: string,
 *   expected: string,
 * }} Comparison One of the module's functions, and the paths of what it is given and of what PyTorch says
 */

/**
 * @param {import('node:test').TestContext} t
 * @param {Site} on
 * @param {Comparison} what
 */
async function compare(t, on, { comparison, flavour, given, expected }) {
  on.put('worker.js', 'text/javascript', readFileSync(fromRoot('tests/browser/parity.worker.mjs')));
  on.put('parity.js', 'text/javascript', readFileSync(`${BUILT}/${flavour}/parity.js`));
  on.put('parity_bg.wasm', 'application/wasm', readFileSync(`${BUILT}/${flavour}/parity_bg.wasm`));
  on.put('given', 'application/octet-stream', readFileSync(given));
  on.put('reference', 'application/octet-stream', readFileSync(expected));
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

/**
 * @param {Comparison['comparison']} comparison
 * @param {string} flavour
 * @param {string} photo
 * @returns {Comparison}
 */
const ofPhoto = (comparison, flavour, photo) => ({
  comparison,
  flavour,
  given: MODEL,
  expected: reference(photo),
});

for (const flavour of FLAVOURS)
  for (const photo of PHOTOS)
    test(`${photo}, ${flavour}`, (t) => compare(t, site, ofPhoto('parity', flavour, photo)));

// Untrained networks, read from both formats of files, which the module makes for itself: deep as they are, one in every
// flavour will do.
for (const network of /** @type {const} */ (['resnet34', 'resnet50']))
  for (const flavour of network === 'resnet50' ? FLAVOURS : [FLAVOUR_OF_ONE])
    test(`${network}, ${flavour}`, (t) =>
      compare(t, site, {
        comparison: `parity_${network}`,
        flavour,
        given: reference('dahlia'),
        expected: reference(network),
      }));

for (const photo of PHOTOS)
  test(`${photo}, WebGPU`, (t) => compare(t, gpu, ofPhoto('parity_webgpu', FLAVOUR_OF_ONE, photo)));

// The kernels that a real GPU gets, through the browser's own compiler.
test('dahlia, WebGPU as on a real GPU', (t) =>
  compare(t, gpu, ofPhoto('parity_webgpu_hardware', FLAVOUR_OF_ONE, 'dahlia')));
