// The engine on WebGPU as it is, on Chromium's adapter in software: what it computes, and what becomes of the photo when
// the GPU fails, at whatever moment.

import assert from 'node:assert/strict';
import test from 'node:test';
import { explained, predictions, Site } from './harness.mjs';
import { canvasPrint, heatPeak } from './picture.mjs';
import { photoPath, reference } from './references.mjs';
import { assertOver, CAMERA, moreFrames, observe, read, watch } from './watching.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('node:test').TestContext} TestContext */

/**
 * What `overseeGpu` keeps and obeys, as `gpu` of the worker.
 *
 * @typedef {object} Oversight
 * @property {number} devices that were asked for
 * @property {Set<GPUDevice>} alive those that are there
 * @property {Map<GPUBuffer, number>} buffers that are there, with their bytes
 * @property {number} altered shaders
 * @property {{ what: 'lost' | 'invalid', after: number } | null} trouble with a submission: so many go well before it
 * @property {'huge' | 'full' | 'unmappable' | null} memory how it is refused
 */

/**
 * Text of a kernel, and what takes its place.
 *
 * @typedef {{ kernel: string, text: string, instead: string }} Alteration
 */

const site = new Site({ switches: ['--enable-unsafe-webgpu', CAMERA] });

const NAME = 'google swiftshader';
const ON_GPU = new RegExp(`^Computed here: WebGPU, ${NAME}; decode .* forward .* backward .*\\.$`);
const ON_CPU = /^Computed here: CPU, \d threads?, (relaxed )?SIMD;/;

/**
 * Runs in the worker, before its own code: counts what is asked of the GPU and what is alive of it, alters a kernel, and has
 * something go wrong when told to.
 *
 * @param {Alteration | null} alteration
 */
function overseeGpu(alteration) {
  /** @type {Oversight} */
  const gpu = { devices: 0, alive: new Set(), buffers: new Map(), altered: 0, trouble: null, memory: null };
  Object.assign(globalThis, { gpu });

  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    gpu.devices++;
    gpu.alive.add(device);
    return device;
  };
  const { destroy, createBuffer, createShaderModule, popErrorScope } = GPUDevice.prototype;
  GPUDevice.prototype.destroy = function () {
    gpu.alive.delete(this);
    destroy.call(this);
  };
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const { size, mappedAtCreation } = descriptor;
    const large = size > 1 << 20;
    if (large && mappedAtCreation && gpu.memory === 'unmappable') throw new RangeError('createBuffer failed');
    const huge = large && !mappedAtCreation && gpu.memory === 'huge';
    const buffer = createBuffer.call(this, huge ? { ...descriptor, size: 2 ** 40 } : descriptor);
    gpu.buffers.set(buffer, size);
    return buffer;
  };
  const { destroy: destroyBuffer } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    gpu.buffers.delete(this);
    destroyBuffer.call(this);
  };
  GPUDevice.prototype.popErrorScope = async function () {
    const error = await popErrorScope.call(this);
    // No adapter in software fills up.
    return gpu.memory === 'full' ? new GPUOutOfMemoryError('full') : error;
  };
  GPUDevice.prototype.createShaderModule = function (descriptor) {
    const { label, code } = descriptor;
    if (!alteration || label !== alteration.kernel) return createShaderModule.call(this, descriptor);
    const altered = code.replace(alteration.text, alteration.instead);
    if (altered !== code) gpu.altered++;
    return createShaderModule.call(this, { ...descriptor, code: altered });
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (commands) {
    const trouble = gpu.trouble && gpu.trouble.after-- === 0 ? gpu.trouble.what : null;
    if (trouble) gpu.trouble = null;
    // The same commands cannot be submitted twice.
    submit.call(this, trouble === 'invalid' ? [...commands, ...commands] : commands);
    if (trouble === 'lost') gpu.alive.forEach((device) => device.destroy());
  };
}

/**
 * @param {TestContext} t
 * @param {Parameters<Site['open']>[1] & { alteration?: Alteration }} [options]
 */
async function open(t, { alteration, prepare, path = '?engine=webgpu&flavour=relaxed', ...options } = {}) {
  const page = await site.open(t, {
    ...options,
    path,
    prepare: async (page) => {
      site.putBefore('www/engine/worker.js', overseeGpu, alteration ?? null);
      await prepare?.(page);
    },
  });
  await explained(page, 'dahlia.jpg');
  return page;
}

/**
 * Tells the worker's oversight.
 * @param {Page} page
 * @param {Partial<Oversight>} change
 */
function tell(page, change) {
  return page
    .workers()[0]
    .evaluate((change) => void Object.assign(/** @type {any} */ (globalThis).gpu, change), change);
}

/** @param {Page} page */
function oversight(page) {
  return page.workers()[0].evaluate(() => {
    const { devices, alive, buffers, altered } = /** @type {{ gpu: Oversight }} */ (
      /** @type {any} */ (globalThis)
    ).gpu;
    const bytes = [...buffers.values()].reduce((a, b) => a + b, 0);
    return { devices, alive: alive.size, buffers: buffers.size, bytes, altered };
  });
}

/** @param {Page} page @param {string} id */
const text = async (page, id) => (await page.locator(`#${id}`).textContent()) ?? '';

/**
 * Holds the photo on the page to be explained as PyTorch does, by that engine.
 * @param {Page} page
 * @param {string} photo
 * @param {RegExp} engine
 */
async function assertComputed(page, photo, engine) {
  await explained(page, `${photo}.jpg`);
  assert.match(await text(page, 'engine'), engine);
  const { best, logits } = reference(photo);
  const found = await predictions(page);
  assert.equal(found[0].index, best);
  for (const { index, logit } of found)
    assert.ok(Math.abs(logit - logits[index]) < 0.1, `logit ${logit}, PyTorch ${logits[index]}`);
}

/** @param {Page} page @param {string} photo by its file, at the layer that is chosen */
async function give(page, photo) {
  await page.setInputFiles('#file', photoPath(photo));
  await explained(page, `${photo}.jpg`);
}

/** @param {Page} page */
async function tryAgain(page) {
  await page.getByRole('button', { name: 'Try the GPU again' }).click();
  await page.locator('#busy').waitFor({ state: 'hidden' });
}

/** Holds that the page says why it is not the GPU, in plain words, and gives those. @param {Page} page */
async function reason(page) {
  const said = await text(page, 'engine-notice-text');
  assert.match(said, /^[A-Z][^\n]{10,300}\.$/, 'a sentence');
  assert.doesNotMatch(said, /undefined|null|NaN\b|\[object|unreachable|panicked|wasm|JsValue/i);
  assert.equal(await text(page, 'engine-reason'), said);
  assert.equal(await page.locator('#alert .notice').count(), 0, 'no error');
  return said;
}

/** @param {Page} page */
async function checks(page) {
  await page.locator('#engine-badge').click();
  const rows = await page.locator('#engine-checks tr').allTextContents();
  return rows.map((row) => ({ row, holds: row.endsWith('holds') }));
}

for (const flavour of ['relaxed', 'threads'])
  test(`photos, layers and methods, ${flavour}`, async (t) => {
    const page = await open(t, { path: `?engine=webgpu&flavour=${flavour}&threads=2` });
    await assertComputed(page, 'dahlia', ON_GPU);
    assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    assert.ok(await page.locator('#engine-notice').isHidden());
    assert.equal(await text(page, 'engine-badge'), 'Self-test passed');
    assert.deepEqual(
      (await checks(page)).map(({ holds }) => holds),
      [true, true, true, true, true],
    );
    await page.selectOption('#colors', 'viridis');
    await page.locator('#opacity').fill('100');
    await give(page, 'ladybird');
    await assertComputed(page, 'ladybird', ON_GPU);
    assert.deepEqual(await heatPeak(page, 'ladybird'), reference('ladybird').peak);

    for (const [layer, method] of [
      ['layer3.0', 'layer-cam'],
      ['stem', 'hires-cam'],
      ['layer4.0', 'grad-cam++'],
    ]) {
      await page.selectOption('#layer', layer);
      await page.selectOption('#method', method);
      await assertComputed(page, 'ladybird', ON_GPU);
      const label = (await page.locator('#canvas').getAttribute('aria-label')) ?? '';
      assert.ok(label.includes(layer), label);
    }
  });

test('by itself, an adapter in software is not taken', async (t) => {
  const page = await open(t, { path: '?flavour=relaxed' });
  await assertComputed(page, 'dahlia', ON_CPU);
  assert.ok(await page.locator('#engine-notice').isHidden());
  await page.getByText('Why not the GPU?').click();
  assert.match(await text(page, 'engine-reason'), /google swiftshader, is a program and no GPU/);
});

for (const [moment, after] of /** @type {[string, number][]} */ ([
  ['before the answer to its forward', 0],
  ['between forward and gradient', 1],
]))
  test(`a device lost ${moment}: the CPU explains, until the GPU is asked for`, async (t) => {
    const page = await open(t);
    await tell(page, { trouble: { what: 'lost', after } });
    await give(page, 'cat');
    await assertComputed(page, 'cat', ON_CPU);
    assert.match(await reason(page), /the CPU explained this photo instead.*connection to the GPU was lost/);

    await page.getByRole('button', { name: 'Close' }).click();
    await give(page, 'marigold');
    await assertComputed(page, 'marigold', ON_CPU);
    assert.deepEqual(await oversight(page), { devices: 1, alive: 0, buffers: 0, bytes: 0, altered: 0 });

    await tell(page, { trouble: null });
    await page.selectOption('#engine-choice', 'cpu');
    await page.selectOption('#engine-choice', 'webgpu');
    await page.locator('#busy').waitFor({ state: 'hidden' });
    await assertComputed(page, 'marigold', ON_GPU);
    assert.equal((await oversight(page)).devices, 2);
  });

test('a submission that is not valid: the CPU explains, and “Try again” brings the GPU back', async (t) => {
  const page = await open(t);
  await tell(page, { trouble: { what: 'invalid', after: 2 } });
  await give(page, 'cat');
  await assertComputed(page, 'cat', ON_CPU);
  await reason(page);
  await tryAgain(page);
  await assertComputed(page, 'cat', ON_GPU);
  assert.ok(await page.locator('#engine-notice').isHidden());
});

for (const memory of /** @type {const} */ (['huge', 'full', 'unmappable']))
  test(`memory that is refused (${memory}): the CPU explains, and the next try has the GPU`, async (t) => {
    // What the browser itself lacks the engine cannot catch: it is started anew.
    const page = await open(t, { path: '?engine=cpu&flavour=relaxed', allow: /createBuffer failed/ });
    await assertComputed(page, 'dahlia', ON_CPU);
    await tell(page, { memory });
    await page.selectOption('#engine-choice', 'webgpu');
    await page.locator('#busy').waitFor({ state: 'hidden' });
    await give(page, 'cat');
    await assertComputed(page, 'cat', ON_CPU);
    await reason(page);
    await tell(page, { memory: null });
    await tryAgain(page);
    await assertComputed(page, 'cat', ON_GPU);
  });

/** @type {[string, Alteration, RegExp[]][]} */
const WRONG = [
  [
    'shallow gradients',
    { kernel: 'max_pool_gradient', text: 'arg_max[window] ==', instead: 'arg_max[window] !=' },
    [/^Gradient at the input/],
  ],
  [
    'every gradient',
    {
      kernel: 'mean_gradient',
      text: 'f32(parameters.cells)',
      instead: '(1.01 * f32(parameters.cells))',
    },
    [/^Gradient at layer4\.1/, /^Sum of the map/],
  ],
  [
    'the forward',
    { kernel: 'winograd_multiply', text: 'vec4f(value0.y)', instead: 'vec4f(value0.x)' },
    [/^Logits/, /^Activations at layer4\.1/, /^Gradient at the input/],
  ],
];
for (const [what, alteration, broken] of WRONG)
  test(`a GPU that gets ${what} wrong is refused, and the page shows by what`, async (t) => {
    const page = await open(t, { alteration });
    await assertComputed(page, 'dahlia', ON_CPU);
    assert.match(await reason(page), /google swiftshader\) failed the self-test/);
    assert.equal(await text(page, 'engine-badge'), 'Self-test failed');
    const failed = (await checks(page)).filter(({ holds }) => !holds).map(({ row }) => row);
    assert.equal(failed.length, broken.length, failed.join('; '));
    broken.forEach((check, index) => assert.match(failed[index], check));
    const { altered, alive, buffers } = await oversight(page);
    assert.deepEqual({ altered, alive, buffers }, { altered: 1, alive: 0, buffers: 0 });
  });

test('back and forth fifty times, nothing is left behind', async (t) => {
  const page = await site.openBare(t, {
    prepare: () => site.putBefore('www/engine/worker.js', overseeGpu, null),
  });
  await page.evaluate(async () => {
    const { GradCam } = await import(new URL('www/gradcam.js', location.href).href);
    const { model } = await (await fetch('manifest.json')).json();
    const cam = await GradCam.load({
      model: new URL(model.url, location.href),
      engine: 'cpu',
      flavour: 'relaxed',
    });
    Object.assign(window, { cam });
  });
  /** @param {number} times @returns {Promise<{ memory: number, kinds: string[] }>} */
  const switches = (times) =>
    page.evaluate(async (times) => {
      const { cam } = /** @type {any} */ (window);
      const kinds = [];
      for (let time = 1; time <= times; time++) {
        await cam.chooseEngine('webgpu');
        if (time === times) kinds.push((await cam.explain('www/photos/dahlia.jpg')).engine.kind);
        await cam.chooseEngine('cpu');
        if (time === times) kinds.push((await cam.explain('www/photos/dahlia.jpg')).engine.kind);
      }
      return { memory: await cam.memory(), kinds };
    }, times);
  const early = await switches(5);
  const after5 = await oversight(page);
  const late = await switches(45);
  assert.deepEqual(early.kinds, ['webgpu', 'cpu']);
  assert.deepEqual(late, early);
  assert.deepEqual(await oversight(page), after5);
  assert.deepEqual(after5, { devices: 1, alive: 1, buffers: 0, bytes: 0, altered: 0 });
});

test('watching live, on the GPU', async (t) => {
  const page = await open(t, {
    context: { permissions: ['camera'] },
    prepare: (page) => page.addInitScript(observe),
  });
  await watch(page);
  const print = await canvasPrint(page);
  await moreFrames(page, 2);
  assert.notEqual(await canvasPrint(page), print);
  assert.match(await text(page, 'engine'), ON_GPU);
  await page.locator('#live-stop').click();
  await assertOver(page);
  const { frames, most } = await read(page);
  assert.equal(most, 1);
  frames.slice(1).forEach(({ time, waiting }, index) => {
    assert.ok(time > frames[index].time);
    assert.equal(waiting, 0);
  });
});

/** Ways of having no GPU, and what the page says. @type {Record<string, [() => void, RegExp]>} */
const NONE = {
  'no WebGPU': [
    () => Object.defineProperty(Object.getPrototypeOf(navigator), 'gpu', { value: undefined }),
    /No GPU is offered here/,
  ],
  'no adapter': [() => (GPU.prototype.requestAdapter = async () => null), /No GPU is offered here/],
  'no device': [
    () =>
      (GPUAdapter.prototype.requestDevice = () =>
        Promise.reject(new DOMException('Refused', 'OperationError'))),
    /^The GPU cannot be used: its driver refuses\.$/,
  ],
  'an adapter that never comes': [
    () => {
      GPU.prototype.requestAdapter = () => new Promise(() => {});
      const { setTimeout } = self;
      self.setTimeout = /** @type {any} */ (
        (/** @type {() => void} */ work, /** @type {number} */ delay) => setTimeout(work, delay / 20)
      );
    },
    /The GPU does not answer/,
  ],
};
for (const [what, [take, says]] of Object.entries(NONE))
  test(`${what}: a sentence, and the CPU`, async (t) => {
    const page = await site.open(t, {
      path: '?engine=webgpu&flavour=relaxed',
      prepare: () => site.putBefore('www/engine/worker.js', take, null),
    });
    await assertComputed(page, 'dahlia', ON_CPU);
    assert.match(await reason(page), says);
  });
