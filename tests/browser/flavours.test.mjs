// The builds of the engine: each explains a photo, every browser gets the best it can run, exactly that one travels, and
// whatever fails to start gives way to the next.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'node:test';
import { explained, fromRoot, kept, message, predictions, Site } from './harness.mjs';
import { MODEL, photoPath, reference } from './references.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** What the page says of each flavour. @type {Record<string, RegExp>} */
const SAYS = {
  simd: /: CPU, 1 thread, SIMD;/,
  relaxed: /: CPU, 1 thread, relaxed SIMD;/,
  threads: /: CPU, [2-9] threads, relaxed SIMD;/,
};

const site = new Site();
const bareHost = new Site({ headers: {} });
const camera = new Site({ switches: ['--use-fake-device-for-media-stream'] });

/**
 * Opens the page, and holds its first explanation to have run on `flavour` and to be right.
 * @param {import('node:test').TestContext} t
 * @param {string} flavour
 * @param {Parameters<Site['open']>[1] & { on?: Site }} [options]
 */
async function assertRuns(t, flavour, { on = site, ...options } = {}) {
  const page = await on.open(t, options);
  await assertExplained(page, flavour);
  return page;
}

/** The flavours whose engine was asked for. */
function travelled() {
  return site.requests.map((path) => /^www\/wasm\/(.+)\/gradcam_bg\.wasm$/.exec(path)?.[1]).filter(Boolean);
}

/** @param {Page} page @param {string} flavour */
async function assertExplained(page, flavour) {
  await explained(page, 'dahlia.jpg');
  assert.match((await page.locator('#engine').textContent()) ?? '', SAYS[flavour]);
  const [best] = await predictions(page);
  const { best: index, logits } = reference('dahlia');
  assert.equal(best.index, index);
  assert.ok(Math.abs(best.logit - logits[index]) < 0.1, `logit ${best.logit}, PyTorch ${logits[index]}`);
}

/** @param {string} flavour @param {import('./harness.mjs').Answer} answer */
function insteadOfWasm(flavour, answer) {
  site.answers.set(`www/wasm/${flavour}/gradcam_bg.wasm`, answer);
}

/** @type {import('./harness.mjs').Answer} */
const missing = (_request, response) => response.writeHead(404).end();
/** @type {import('./harness.mjs').Answer} */
const corrupt = (_request, response) =>
  response.writeHead(200, { 'Content-Type': 'application/wasm' }).end('\0asm\x01\0\0\0 and then nonsense');

for (const flavour of Object.keys(SAYS))
  test(`${flavour}, asked for in the address`, async (t) => {
    const page = await assertRuns(t, flavour, { path: `?flavour=${flavour}&threads=2` });
    assert.deepEqual(travelled(), [flavour], 'downloads');
    await page.setInputFiles('#file', photoPath('cat'));
    await explained(page, 'cat.jpg');
    assert.equal((await predictions(page))[0].index, reference('cat').best);
    await page.selectOption('#layer', 'layer1.0');
    await explained(page, 'cat.jpg');
  });

test('as many threads as asked for', async (t) => {
  const page = await assertRuns(t, 'threads', { path: '?threads=3' });
  assert.match((await page.locator('#engine').textContent()) ?? '', /3 threads/);
});

test('as many threads as cores, but at most eight', async (t) => {
  for (const [cores, says] of /** @type {[number, RegExp][]} */ ([
    [1, SAYS.relaxed],
    [3, /3 threads/],
    [64, /8 threads/],
  ])) {
    const page = await site.open(t, {
      prepare: (page) =>
        page.addInitScript((count) => {
          Object.defineProperty(navigator, 'hardwareConcurrency', { value: count });
        }, cores),
    });
    await explained(page, 'dahlia.jpg');
    assert.match((await page.locator('#engine').textContent()) ?? '', says);
    await page.close();
  }
});

test('an unknown flavour and no number of threads change nothing', async (t) => {
  await assertRuns(t, 'threads', {
    path: '?flavour=quantum&threads=-1',
    prepare: (page) =>
      page.addInitScript(() => Object.defineProperty(navigator, 'hardwareConcurrency', { value: 2 })),
  });
});

for (const [problem, answer] of Object.entries({ missing, corrupt })) {
  // Chromium reports a 404 in the console.
  const allow = /Failed to load resource.*404/;

  test(`threads ${problem}: relaxed`, async (t) => {
    await assertRuns(t, 'relaxed', {
      path: '?threads=2',
      allow,
      prepare: () => insteadOfWasm('threads', answer),
    });
    assert.deepEqual(travelled(), ['threads', 'relaxed'], 'downloads');
  });

  test(`threads and relaxed ${problem}: simd`, async (t) => {
    await assertRuns(t, 'simd', {
      path: '?threads=2',
      allow,
      prepare: () => ['threads', 'relaxed'].forEach((flavour) => insteadOfWasm(flavour, answer)),
    });
  });

  test(`the one asked for ${problem}: the best of the others`, async (t) => {
    await assertRuns(t, 'threads', {
      path: '?flavour=simd&threads=2',
      allow,
      prepare: () => insteadOfWasm('simd', answer),
    });
  });

  test(`all ${problem}: the page says so, and the next try works`, async (t) => {
    const page = await site.open(t, {
      allow,
      prepare: () => Object.keys(SAYS).forEach((flavour) => insteadOfWasm(flavour, answer)),
    });
    assert.match(await message(page), /engine could not be started/);
    site.answers.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await explained(page, 'dahlia.jpg');
  });
}

test('threads that cannot be started: relaxed', async (t) => {
  await assertRuns(t, 'relaxed', {
    path: '?threads=2',
    allow: /Failed to load resource.*404/,
    prepare: () => site.answers.set('www/engine/thread.js', missing),
  });
});

test('a thread that breaks down costs the engine a restart, and the page nothing', async (t) => {
  // A thread at its work hears nobody, so a worker beside it raises the alarm in its name.
  const thread = readFileSync(fromRoot('dist/www/engine/thread.js'), 'utf8');
  const beside = `onmessage = ({ data: alarm }) => {
    new BroadcastChannel('break down').onmessage = () => alarm.postMessage(null);
    postMessage(null);
  };`;
  const fragile = `self.addEventListener('message', (event) => {
    event.stopImmediatePropagation();
    const beside = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(beside)}])));
    beside.onmessage = () => void serve(event.data);
    beside.postMessage(event.data.alarm, [event.data.alarm]);
  }, { once: true });\n${thread}`;
  const page = await assertRuns(t, 'threads', {
    path: '?threads=2',
    prepare: () =>
      site.answers.set('www/engine/thread.js', (_request, response) =>
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(fragile),
      ),
  });
  assert.deepEqual(travelled(), ['threads']);
  await page.evaluate(() => new BroadcastChannel('break down').postMessage(null));
  await page.setInputFiles('#file', photoPath('cat'));
  await explained(page, 'cat.jpg');
  assert.deepEqual(travelled(), ['threads', 'threads']);
  assert.equal((await predictions(page))[0].index, reference('cat').best);
});

/**
 * Makes the browser one that knows no module with `instruction` in it (after the prefix of vector instructions).
 * @param {Page} page
 * @param {number[]} instruction
 */
function forget(page, instruction) {
  return page.addInitScript((unknown) => {
    const { validate } = WebAssembly;
    WebAssembly.validate = (bytes) => {
      const text = String(new Uint8Array(/** @type {ArrayBuffer} */ (bytes)));
      return !text.includes(`,253,${unknown},`) && validate(bytes);
    };
  }, String(instruction));
}

test('without relaxed SIMD: simd', async (t) => {
  await assertRuns(t, 'simd', {
    path: '?flavour=threads&threads=2',
    prepare: (page) => forget(page, [133, 2]),
  });
  assert.deepEqual(travelled(), ['simd'], 'downloads');
});

test('without SIMD: a message', async (t) => {
  const page = await site.open(t, { prepare: (page) => forget(page, [15]) });
  await page.locator('#alert .notice-text').waitFor();
  assert.match(
    (await page.locator('#alert .notice-text').textContent()) ?? '',
    /lacks WebAssembly with SIMD/,
  );
  assert.deepEqual(travelled(), []);
});

test('without SharedArrayBuffer: relaxed', async (t) => {
  await assertRuns(t, 'relaxed', {
    prepare: (page) => page.addInitScript(() => Reflect.deleteProperty(window, 'SharedArrayBuffer')),
  });
});

test('a host that cannot send headers: relaxed at once, without a reload, and threads on the next visit', async (t) => {
  let visits = 0;
  const page = await assertRuns(t, 'relaxed', {
    on: bareHost,
    path: '?threads=2',
    prepare: (page) => page.on('framenavigated', () => visits++),
  });
  await kept(page);
  assert.equal(visits, 1);
  await page.reload();
  await assertExplained(page, 'threads');
  assert.ok(await page.evaluate(() => crossOriginIsolated));
});

test('a host that cannot send headers, a browser without service workers: relaxed on every visit', async (t) => {
  const page = await assertRuns(t, 'relaxed', {
    on: bareHost,
    path: '?threads=2',
    prepare: (page) =>
      page.addInitScript(() => Object.defineProperty(navigator, 'serviceWorker', { value: undefined })),
  });
  await page.reload();
  await assertExplained(page, 'relaxed');
});

test('service workers that are refused: relaxed', async (t) => {
  await assertRuns(t, 'relaxed', {
    on: bareHost,
    path: '?threads=2',
    prepare: (page) =>
      page.addInitScript(() => {
        ServiceWorkerContainer.prototype.register = () =>
          Promise.reject(new DOMException('', 'SecurityError'));
      }),
  });
});

test('an isolated page takes a model from another origin that allows it', async (t) => {
  const elsewhere = createServer((_request, response) =>
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*' }).end(readFileSync(MODEL)),
  );
  await new Promise((done) => elsewhere.listen(0, '127.0.0.1', () => done(null)));
  t.after(() => elsewhere.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (elsewhere.address());
  const page = await site.openBare(t, { allow: /^request elsewhere/ });
  const { threads, best } = await page.evaluate(async (model) => {
    const { GradCam } = await import(new URL('www/gradcam.js', location.href).href);
    const cam = await GradCam.load({ model, threads: 2 });
    const { predictions, engine } = await cam.explain('www/photos/dahlia.jpg');
    cam.dispose();
    return { threads: engine.threads, best: predictions[0].index };
  }, `http://127.0.0.1:${port}/model.safetensors`);
  assert.deepEqual([threads, best], [2, reference('dahlia').best]);
});

test('an isolated page takes photos with the camera', async (t) => {
  const page = await camera.open(t, { context: { permissions: ['camera'] } });
  await explained(page, 'dahlia.jpg');
  assert.ok(await page.evaluate(() => crossOriginIsolated));
  await page.getByRole('button', { name: 'Use the camera' }).click();
  await page.getByRole('button', { name: 'Take photo' }).click();
  await explained(page, 'Camera photo');
});
