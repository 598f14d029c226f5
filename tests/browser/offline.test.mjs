// Without a network: the page works from its second visit on, new versions of it are announced and not forced, and tabs
// that are open at the same time do not disturb each other.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertAccessible } from './accessible.mjs';
import { built, newBuild, publish } from './builds.mjs';
import { explained, fromRoot, kept, predictions, Site } from './harness.mjs';
import { MODEL, photoPath, reference } from './references.mjs';
import { join, split } from './safetensors.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site();
const bareHost = new Site({ headers: {} });

const MODEL_PATH = 'www/models/resnet18-flowers102.safetensors';

const READY = 'A new version of this page is ready.';
const OTHERS = 'Close the other tabs of this page to use the new version.';

/** A version that can be told from the first one by its title, and by its engine's worker. */
const second = newBuild({
  'index.html': built('index.html').replace(/<title>.*<\/title>/, '<title>Second version</title>'),
  'www/engine/worker.js': `self.version = 2;\n${built('www/engine/worker.js')}`,
});

/** @param {Page} page @param {string} photo the name of a sample */
async function assertExplains(page, photo) {
  await explained(page, `${photo}.jpg`);
  assert.equal((await predictions(page))[0].index, reference(photo).best);
}

/**
 * A page that has been visited until the site is kept.
 * @param {import('node:test').TestContext} t
 * @param {Parameters<Site['open']>[1] & { on?: Site }} [options]
 */
async function visit(t, { on = site, ...options } = {}) {
  const page = await on.open(t, options);
  await assertExplains(page, 'dahlia');
  await kept(page);
  return page;
}

/** Has the browser ask for a new version, as it does by itself when a page is opened. @param {Page} page */
function ask(page) {
  return page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
}

// Threads are workers that answer nobody while they serve, and would be the last ones.
const ONE_THREAD = { path: '?threads=1' };

/** The version of the engine that was started last. @param {Page} page */
function engineVersion(page) {
  const worker = page.workers().at(-1);
  assert.ok(worker);
  return worker.evaluate(() => /** @type {any} */ (self).version ?? 1);
}

/** The caches of the origin. @param {Page} page */
function cacheNames(page) {
  return page.evaluate(() => caches.keys());
}

/** @param {Page} page @param {string} text */
async function assertSays(page, text) {
  await page.locator('#update', { hasText: text }).waitFor();
}

/** Changes to the new version, and waits until the page is there again. @param {Page} page */
async function useItNow(page) {
  await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Use it now' }).click()]);
}

test('after the first visit the page needs no network', async (t) => {
  let downloads = 0;
  site.answers.set(MODEL_PATH, (_request, response) => {
    downloads++;
    response.end(readFileSync(MODEL));
  });
  const page = await visit(t);
  assert.equal(downloads, 1, 'the model is not kept twice');
  site.gone = true;
  await page.context().setOffline(true);
  await page.reload();
  await assertExplains(page, 'dahlia');
  await page.setInputFiles('#file', photoPath('ladybird'));
  await assertExplains(page, 'ladybird');
  await page.locator('.sample').nth(2).click();
  await assertExplains(page, 'marigold');

  const another = await page.context().newPage();
  await another.goto(`${site.url}index.html?engine=cpu&threads=1#photo=cat`);
  await assertExplains(another, 'cat');
  assert.match((await another.locator('#engine').textContent()) ?? '', /CPU, 1 thread, relaxed SIMD/);
});

test('a host that compresses what it sends, and has index.html by the name of its folder only', async (t) => {
  for (const [path, type] of Object.entries({
    '': 'text/html',
    'www/app.js': 'text/javascript',
    'www/style/base.css': 'text/css',
    'www/wasm/threads/gradcam_bg.wasm': 'application/wasm',
  })) {
    const body = gzipSync(readFileSync(fromRoot(`dist/${path || 'index.html'}`)));
    site.answers.set(path, (_request, response) =>
      response
        .writeHead(200, {
          'Content-Type': type,
          'Content-Encoding': 'gzip',
          'Content-Length': body.length,
          Vary: 'Accept-Encoding',
        })
        .end(body),
    );
  }
  site.answers.set('index.html', (_request, response) =>
    response.writeHead(308, { Location: site.url }).end(),
  );
  const page = await visit(t, { path: '?threads=2' });
  site.gone = true;
  await page.reload();
  await assertExplains(page, 'dahlia');
  assert.match((await page.locator('#engine').textContent()) ?? '', /2 threads/);
});

test('a host without headers: isolated, and without a network, from the second visit on', async (t) => {
  const page = await visit(t, { on: bareHost });
  assert.ok(!(await page.evaluate(() => crossOriginIsolated)));
  bareHost.gone = true;
  await page.goto(`${bareHost.url}?threads=2`);
  await assertExplains(page, 'dahlia');
  assert.ok(await page.evaluate(() => crossOriginIsolated));
  assert.match((await page.locator('#engine').textContent()) ?? '', /2 threads/);
});

test('a host without headers: pages that are not of the build are isolated too, and not kept', async (t) => {
  const page = await visit(t, { on: bareHost });
  bareHost.put('own.html', 'text/html', '<!doctype html><link rel="icon" href="data:," /><title>Own</title>');
  await page.goto(`${bareHost.url}own.html`);
  assert.equal(await page.title(), 'Own');
  assert.ok(await page.evaluate(() => crossOriginIsolated));
  bareHost.gone = true;
  await assert.rejects(page.reload(), /ERR_/);
});

test('a new version is announced, and not forced', async (t) => {
  const page = await visit(t, ONE_THREAD);
  const title = await page.title();
  await page.reload();
  await assertExplains(page, 'dahlia');
  await page.setInputFiles('#file', photoPath('cat'));
  await assertExplains(page, 'cat');
  assert.ok(!(await page.locator('#update').isVisible()));

  publish(site, second);
  await ask(page);
  await assertSays(page, READY);
  await assertAccessible(page, 'a new version');
  await assertExplains(page, 'cat');
  await page.getByRole('button', { name: 'Later' }).click();
  assert.ok(!(await page.locator('#update').isVisible()));

  await page.reload();
  await assertSays(page, READY);
  assert.equal(await page.title(), title, 'a reload alone changes nothing');
  await assertExplains(page, 'dahlia');
  assert.equal(await engineVersion(page), 1);

  await useItNow(page);
  assert.equal(await page.title(), 'Second version');
  await assertExplains(page, 'dahlia');
  assert.equal(await engineVersion(page), 2);
  assert.ok(!(await page.locator('#update').isVisible()), 'nothing newer is there');
  site.gone = true;
  await page.reload();
  assert.equal(await page.title(), 'Second version');
  await assertExplains(page, 'dahlia');
});

test('a new version is announced on the first visit, too', async (t) => {
  const page = await visit(t);
  const title = await page.title();
  publish(site, second);
  await ask(page);
  await assertSays(page, READY);
  assert.equal(await page.title(), title);
  await useItNow(page);
  assert.equal(await page.title(), 'Second version');
  await assertExplains(page, 'dahlia');
});

test('two tabs do not disturb each other', async (t) => {
  const page = await visit(t, ONE_THREAD);
  await page.reload();
  await assertExplains(page, 'dahlia');
  const other = await page.context().newPage();
  await other.goto(site.url + ONE_THREAD.path);
  await assertExplains(other, 'dahlia');

  publish(site, second);
  await ask(other);
  for (const each of [page, other]) await assertSays(each, READY);
  assert.match(await (await fetch(`${site.url}www/engine/worker.js`)).text(), /version = 2/);
  const best = await page.evaluate(async (model) => {
    const { GradCam } = await import(new URL('www/gradcam.js', document.baseURI).href);
    const cam = await GradCam.load({ model, threads: 1, engine: 'cpu' });
    const { predictions } = await cam.explain('www/photos/cat.jpg');
    return predictions[0].index;
  }, MODEL_PATH);
  assert.equal(best, reference('cat').best);
  assert.equal(await engineVersion(page), 1, 'a worker that is started now is still of the old version');

  const title = await page.title();
  await page.getByRole('button', { name: 'Use it now' }).click();
  await assertSays(page, OTHERS);
  await assertSays(other, READY);
  await other.setInputFiles('#file', photoPath('cat'));
  await assertExplains(other, 'cat');
  assert.equal(await other.title(), title);
  await other.close();
  await useItNow(page);
  assert.equal(await page.title(), 'Second version');
  await assertExplains(page, 'dahlia');
  assert.equal(await engineVersion(page), 2);
});

test('a version that waits is there once all tabs are closed', async (t) => {
  const page = await visit(t, { allow: /^request elsewhere|404/ });
  await page.reload();
  await assertExplains(page, 'dahlia');
  publish(site, second);
  await ask(page);
  await assertSays(page, READY);
  // A page of the same origin outside of the site sees what becomes of it.
  const beside = await page.context().newPage();
  await beside.goto(new URL('/', site.url).href);
  await page.close();
  await beside.waitForFunction(async (scope) => {
    const registration = await navigator.serviceWorker.getRegistration(scope);
    return !registration?.waiting && registration?.active?.state === 'activated';
  }, site.url);
  site.gone = true;
  await beside.goto(site.url);
  assert.equal(await beside.title(), 'Second version');
  await assertExplains(beside, 'dahlia');
});

test('a version of which the host has but a part is not taken, and taken when it has it all', async (t) => {
  const page = await visit(t);
  await page.reload();
  await assertExplains(page, 'dahlia');
  const before = await cacheNames(page);
  const { 'www/engine/worker.js': late, ...early } = second;
  publish(site, early);
  const states = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    /** @type {Promise<string>} */
    const outcome = new Promise((done) =>
      registration.addEventListener('updatefound', () => {
        const { installing } = registration;
        installing?.addEventListener('statechange', () => done(installing.state));
      }),
    );
    await registration.update().catch(() => {});
    return [await outcome, registration.waiting];
  });
  assert.deepEqual(states, ['redundant', null]);
  assert.deepEqual(await cacheNames(page), before);
  assert.ok(!(await page.locator('#update').isVisible()));

  publish(site, { 'www/engine/worker.js': late });
  await ask(page);
  await assertSays(page, READY);
  await useItNow(page);
  await assertExplains(page, 'dahlia');
});

test('a new model comes with its version', async (t) => {
  const { header, data } = split(readFileSync(MODEL));
  const labels = JSON.parse(header.__metadata__.labels);
  labels[reference('dahlia').best] = 'renamed dahlia';
  header.__metadata__.labels = JSON.stringify(labels);
  const page = await visit(t);
  publish(site, newBuild({ [MODEL_PATH]: join(header, data) }));
  await ask(page);
  await assertSays(page, READY);
  site.gone = true;
  await useItNow(page);
  await assertExplains(page, 'dahlia');
  assert.equal((await predictions(page))[0].label, 'renamed dahlia');
});

test('only what older versions of this very site have kept is deleted', async (t) => {
  const page = await visit(t);
  const own = await cacheNames(page);
  const older = own.find((name) => name.startsWith('gradcam-site '));
  assert.ok(older);
  const others = [`gradcam-site ${site.url}copy/ abc`, `gradcam-site ${new URL('/', site.url)} abc`, 'other'];
  await page.evaluate((names) => Promise.all(names.map((name) => caches.open(name))), others);
  publish(site, second);
  await ask(page);
  await assertSays(page, READY);
  await useItNow(page);
  await assertExplains(page, 'dahlia');
  const after = await cacheNames(page);
  const [newer] = after.filter((name) => ![...own, ...others].includes(name));
  assert.deepEqual(after.toSorted(), [...own.filter((name) => name !== older), ...others, newer].toSorted());
});

test('a page that comes into view again asks for a new version, once an hour', async (t) => {
  const page = await visit(t, {
    prepare: (page) =>
      page.addInitScript(() => {
        const { now } = Date;
        Date.now = () => now() + (Reflect.get(window, 'passed') ?? 0);
      }),
  });
  const asked = () => site.requests.filter((path) => path === 'service-worker.js').length;
  /** @param {number} minutes */
  const comeBack = async (minutes) => {
    await page.evaluate((milliseconds) => {
      Object.assign(window, { passed: milliseconds });
      document.dispatchEvent(new Event('visibilitychange'));
    }, minutes * 60_000);
  };
  publish(site, second);
  const before = asked();
  await comeBack(59);
  await page.waitForTimeout(500);
  assert.equal(asked(), before);
  await comeBack(61);
  await assertSays(page, READY);
  assert.equal(asked(), before + 1);
  await comeBack(62);
  await page.waitForTimeout(500);
  assert.equal(asked(), before + 1);
});

test('a host that has no service worker: the page works', async (t) => {
  site.answers.set('service-worker.js', (_request, response) => response.writeHead(404).end());
  const page = await site.open(t, { allow: /bad HTTP response code \(404\)/ });
  await assertExplains(page, 'dahlia');
  await page.setInputFiles('#file', photoPath('cat'));
  await assertExplains(page, 'cat');
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
});

test('the page can be installed', async (t) => {
  const page = await visit(t);
  const devtools = await page.context().newCDPSession(page);
  const { url, errors, data } = await devtools.send('Page.getAppManifest');
  assert.equal(url, `${site.url}www/app.webmanifest`);
  assert.deepEqual(errors, []);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  // The pages of the tests are those of private windows, which install nothing.
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId),
    ['in-incognito'],
  );
  const { start_url: start, scope, icons } = JSON.parse(data ?? '');
  for (const address of [start, scope]) assert.equal(new URL(address, url).href, site.url);
  const sizes = await page.evaluate(
    async (/** @type {string[]} */ addresses) => {
      const images = addresses.map(async (address) => createImageBitmap(await (await fetch(address)).blob()));
      return (await Promise.all(images)).map(({ width, height }) => `${width}x${height}`);
    },
    icons.map((/** @type {any} */ { src }) => new URL(src, url).href),
  );
  assert.deepEqual(
    sizes,
    icons.map((/** @type {any} */ icon) => icon.sizes),
  );
});
