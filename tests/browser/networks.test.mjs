// The visitor's own network: chosen, dropped, fetched, kept, named; and compared with another.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { withClasses } from './checkpoints.mjs';
import { explained, message, predictions, Site } from './harness.mjs';
import { MODEL, photoPath, reference } from './references.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site();

/** Of the shipped network's classes: its answer for the dahlia, and six others. */
const CLASSES = [59, 46, 30, 1, 2, 95, 100];
const NAMES = ['dahlia', 'marigold', 'carnation', 'peony', 'orchid', 'camellia', 'toad lily'];
const own = withClasses(CLASSES);
const named = withClasses(CLASSES, { architecture: 'resnet18', labels: JSON.stringify(NAMES) });

/** @param {string} name @param {Buffer} buffer */
function file(name, buffer) {
  return { name, mimeType: 'application/octet-stream', buffer };
}

/** @param {Page} page @param {string} selector */
async function text(page, selector) {
  return ((await page.locator(selector).textContent()) ?? '').replace(/\s+/g, ' ').trim();
}

/** Waits until a network is in use, and the photo explained by it. @param {Page} page @param {string} name */
async function inUse(page, name) {
  await page.locator('#network-name', { hasText: name }).waitFor();
  await page.waitForFunction(() => document.getElementById('busy')?.hidden);
}

/** @param {Page} page @param {string} name @param {Buffer} buffer */
async function choose(page, name, buffer) {
  await page.getByRole('button', { name: 'Use your own network' }).click();
  await page.setInputFiles('#network-file', file(name, buffer));
  await page.locator('#network-used-name', { hasText: name }).waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await inUse(page, name);
}

/** @param {Page} page @param {{ name: string, mimeType: string, buffer: Buffer }[]} files */
async function drop(page, files) {
  const data = await page.evaluateHandle(
    (contents) => {
      const transfer = new DataTransfer();
      for (const { name, bytes } of contents) {
        transfer.items.add(
          new File([Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0))], name),
        );
      }
      return transfer;
    },
    files.map(({ name, buffer }) => ({ name, bytes: buffer.toString('base64') })),
  );
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: data });
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
}

/** The shipped network's logits of these classes, best first, as the page writes them. @param {string} photo */
function expectedLogits(photo) {
  const { logits } = reference(photo);
  return CLASSES.map((index, own) => ({ index: own, logit: logits[index] })).sort(
    (a, b) => b.logit - a.logit,
  );
}

/** @param {Page} page @param {string} photo */
async function assertAnswers(page, photo) {
  const found = await predictions(page);
  expectedLogits(photo)
    .slice(0, 5)
    .forEach(({ index, logit }, place) => {
      assert.equal(found[place].index, index);
      assert.ok(Math.abs(found[place].logit - logit) < 0.01, `${found[place].logit}, ${logit}`);
    });
}

test('a network that is chosen answers from then on, for the photo on the screen and the next', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await choose(page, 'mine.safetensors', named);
  await explained(page, 'dahlia.jpg');
  await assertAnswers(page, 'dahlia');
  assert.equal((await predictions(page))[0].label, 'marigold');
  assert.equal(await text(page, '#network-facts'), 'ResNet-18, 7 classes, 11.2 million parameters');
  assert.match(await text(page, '#lead'), /^Your network, mine\.safetensors, names your photo/);
  assert.equal(await page.locator('#about-network').isVisible(), false, 'nothing is said of the shipped one');
  assert.equal(await page.locator('#network-unnamed').isVisible(), false);
  assert.equal(await text(page, '#all-classes-title'), 'All 7 classes');
  await page.setInputFiles('#file', photoPath('ladybird'));
  await explained(page, 'ladybird.jpg');
  await assertAnswers(page, 'ladybird');
  // And back.
  await page.getByRole('button', { name: 'Use your own network' }).click();
  await page.getByRole('button', { name: 'Use Oxford Flowers-102' }).click();
  await inUse(page, 'Oxford Flowers-102');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll('.prediction').length === 5);
  await page.locator('#all-classes-title', { hasText: 'All 102 classes' }).waitFor();
});

test('a network that is chosen while the page’s own still downloads stays when that arrives', async (t) => {
  /** @type {() => void} */
  let arrive = () => {};
  const shipped = 'www/models/resnet18-flowers102.safetensors';
  const page = await site.open(t, {
    prepare: () => {
      const arrived = new Promise((done) => (arrive = () => done(undefined)));
      site.answers.set(shipped, (_request, response) => {
        void arrived.then(() => response.writeHead(200).end(readFileSync(MODEL)));
      });
    },
  });
  await choose(page, 'mine.safetensors', named);
  await explained(page, 'dahlia.jpg');
  const answered = page.waitForResponse((response) => response.url().endsWith(shipped));
  arrive();
  await (await answered).finished();
  // Time enough for it to be prepared, had it not been given up.
  await page.waitForTimeout(1500);
  assert.equal(await text(page, '#network-name'), 'mine.safetensors');
  assert.ok(await page.locator('#progress').isHidden());
  await page.setInputFiles('#file', photoPath('ladybird'));
  await explained(page, 'ladybird.jpg');
  await assertAnswers(page, 'ladybird');
  assert.equal(await text(page, '#all-classes-title'), 'All 7 classes');
});

test('a network that is dropped, and names that are dropped after it, as JSON and as text', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await drop(page, [file('mine.safetensors', own)]);
  await inUse(page, 'mine.safetensors');
  assert.equal((await predictions(page))[0].label, 'class 1');
  assert.match(await text(page, '#network-unnamed'), /no class names/);
  const index = Object.fromEntries(NAMES.map((name, place) => [name, place]));
  await drop(page, [file('class_to_idx.json', Buffer.from(JSON.stringify(index)))]);
  await page.locator('.prediction-name', { hasText: 'marigold' }).waitFor();
  await page.waitForFunction(() => document.getElementById('busy')?.hidden);
  await assertAnswers(page, 'dahlia');
  const others = NAMES.map((name) => `the ${name}`);
  await drop(page, [file('names.txt', Buffer.from(`${others.join('\r\n')}\n\n`))]);
  await page.locator('.prediction-name', { hasText: 'the marigold' }).waitFor();
  // Too few are refused, and what there is stays.
  await drop(page, [file('few.txt', Buffer.from('one\ntwo\n'))]);
  assert.match(await message(page), /2 labels for 7 classes/);
  assert.equal((await predictions(page))[0].label, 'the marigold');
});

test('names are typed, and what the photo goes through is set, and set back', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await drop(page, [file('mine.safetensors', own)]);
  await inUse(page, 'mine.safetensors');
  await page.getByRole('button', { name: 'Add them' }).click();
  const names = page.getByLabel('Class names, one a line, in the order of the logits');
  assert.ok(
    await names.evaluate((field) => field === document.activeElement),
    'the focus is where one types',
  );
  await names.fill('one\ntwo');
  assert.equal(await text(page, '#network-labels-count'), '2 names for 7 classes.');
  await names.fill(NAMES.join('\n'));
  assert.equal(await text(page, '#network-labels-count'), '7 names for 7 classes.');
  const size = page.getByLabel('Crop the middle to');
  const resize = page.getByLabel('Resize the shorter side to');
  assert.deepEqual([await size.inputValue(), await resize.inputValue()], ['224', '256']);
  assert.deepEqual(
    await page
      .locator('[data-statistic="mean"]')
      .evaluateAll((fields) => fields.map((field) => Number(/** @type {HTMLInputElement} */ (field).value))),
    [0.485, 0.456, 0.406],
  );
  await size.fill('160');
  await resize.fill('150');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.locator('#network-failed', { hasText: 'no square of 160 × 160' }).waitFor();
  await resize.fill('180');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.waitForFunction(() =>
    /5 × 5, default/.test(document.getElementById('layer')?.textContent ?? ''),
  );
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.locator('.prediction-name', { hasText: 'marigold' }).waitFor();
  await page.getByRole('button', { name: 'Use your own network' }).click();
  await page.getByRole('button', { name: 'Back to the file’s own' }).click();
  await page.waitForFunction(() =>
    /7 × 7, default/.test(document.getElementById('layer')?.textContent ?? ''),
  );
  await page.locator('.prediction-name', { hasText: 'class 1' }).waitFor();
});

test('a network is kept on the device at wish, found again at the next visit, and removed', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await choose(page, 'mine.safetensors', own);
  const open = () => page.getByRole('button', { name: 'Use your own network' }).click();
  await open();
  assert.equal(await page.locator('#network-list li').count(), 1, 'nothing is kept unasked');
  // What it was told is kept with it.
  await page.getByText('Class names and preprocessing').click();
  await page.getByLabel('Class names, one a line').fill(NAMES.join('\n'));
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.locator('.prediction-name', { hasText: 'marigold' }).waitFor();
  await page.getByRole('button', { name: 'Keep on this device' }).click();
  await page.getByRole('button', { name: 'Kept on this device' }).waitFor();
  await page.reload();
  await explained(page, 'dahlia.jpg');
  assert.equal((await predictions(page))[0].index, reference('dahlia').best, 'the page begins with its own');
  await open();
  const kept = page.locator('#network-list li', { hasText: 'mine.safetensors' });
  assert.match((await kept.textContent()) ?? '', /ResNet-18, 7 classes, 22\.4 MB/);
  await kept.getByRole('button', { name: 'Use' }).click();
  await inUse(page, 'mine.safetensors');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await explained(page, 'dahlia.jpg');
  await assertAnswers(page, 'dahlia');
  assert.equal((await predictions(page))[0].label, 'marigold');
  await open();
  await kept.getByRole('button', { name: 'Remove' }).click();
  await kept.waitFor({ state: 'detached' });
  const left = await page.evaluate(
    async () => (await (await caches.open('gradcam-own-models')).keys()).length,
  );
  assert.equal(left, 0);
});

/**
 * Another host.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} headers
 */
async function elsewhere(t, headers) {
  /** @type {import('node:http').IncomingMessage[]} */
  const asked = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', ...headers }).end(own);
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(null)));
  t.after(() => server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { asked, address: `http://127.0.0.1:${port}/some/model.safetensors` };
}

test('a page that is opened with a model’s address fetches it from another host, by a worker that knows nothing else', async (t) => {
  const { asked, address } = await elsewhere(t, { 'Access-Control-Allow-Origin': '*' });
  const page = await site.open(t, {
    path: `?model=${encodeURIComponent(address)}`,
    allow: /^request elsewhere|Content Security Policy/,
  });
  await explained(page, 'dahlia.jpg');
  await inUse(page, 'model.safetensors');
  await assertAnswers(page, 'dahlia');
  await page.setInputFiles('#file', photoPath('ladybird'));
  await explained(page, 'ladybird.jpg');
  assert.deepEqual(
    asked.map(({ method, url, headers }) => [method, url, headers.cookie, headers['content-length']]),
    [['GET', '/some/model.safetensors', undefined, undefined]],
  );
  const refused = await page
    .evaluate(
      (url) =>
        fetch(url).then(
          () => false,
          () => true,
        ),
      address,
    )
    .catch(() => true);
  assert.ok(refused, 'the page itself still cannot');
  assert.equal(asked.length, 1);
  assert.deepEqual(
    page.workers().filter((worker) => /courier/.test(worker.url())),
    [],
    'and it is gone',
  );
});

test('an address that does not serve is said, and the page’s own network answers', async (t) => {
  const { address } = await elsewhere(t, {});
  const page = await site.open(t, {
    path: `?model=${encodeURIComponent(address)}`,
    allow: /^request elsewhere|CORS|Failed to load resource/,
  });
  assert.match(
    await message(page),
    /does not allow other sites to read it \(CORS\).*this page takes its place/,
  );
  await explained(page, 'dahlia.jpg');
  assert.equal((await predictions(page))[0].index, reference('dahlia').best);
  await page.getByRole('button', { name: 'Use your own network' }).click();
  const field = page.getByLabel('or its address');
  await field.fill('file:///etc/passwd');
  await field.press('Enter');
  await page.locator('#network-failed', { hasText: 'begin with https://' }).waitFor();
  site.put('models/missing.safetensors.html', 'text/html', '<!doctype html><title>Sign in</title>');
  await field.fill('models/missing.safetensors.html');
  await field.press('Enter');
  await page.locator('#network-failed', { hasText: 'a web page' }).waitFor();
  site.put('models/mine.safetensors', 'application/octet-stream', own);
  await field.fill('models/mine.safetensors');
  await field.press('Enter');
  await inUse(page, 'mine.safetensors');
});

test('two networks answer for the same photo, their maps on one scale', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await page.getByRole('tab', { name: 'Two networks' }).click();
  await page.getByRole('button', { name: 'Choose a second network' }).click();
  // The rival lacks the class that the page's network says.
  const rival = CLASSES.filter((index) => index !== 46);
  const names = NAMES.filter((name) => name !== 'marigold').map((name) =>
    name.replace('dahlia', 'Pink-Yellow Dahlia'),
  );
  const metadata = { labels: JSON.stringify(names) };
  await page.setInputFiles('#network-file', file('rival.safetensors', withClasses(rival, metadata)));
  await page.locator('#network-used-name', { hasText: 'rival.safetensors' }).waitFor();
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  const question = page.locator('#models-question');
  await page.locator('#models-question', { hasText: 'They disagree' }).waitFor();
  assert.match(
    (await question.textContent()) ?? '',
    /Oxford Flowers-102 says “marigold” \(65\.6\s%\), rival\.safetensors says “Pink-Yellow Dahlia”/,
  );
  const ends = () => page.locator('.models-ticks span:last-child').allTextContents();
  const [first, second] = await ends();
  assert.equal(first, second, 'one scale');
  assert.match(await text(page, '#models-same-box'), /knows no “marigold”/);
  await page.locator('#panel-models').getByLabel('Each on its own scale').check();
  await page.waitForFunction(() => {
    const [one, other] = [...document.querySelectorAll('.models-ticks span:last-child')].map(
      (tick) => tick.textContent,
    );
    return one !== other;
  });
  // The page's own class by name, written another way there.
  await page.locator('.prediction', { hasText: 'pink-yellow dahlia' }).click();
  const same = page.getByLabel('Map “pink-yellow dahlia” in both');
  await same.check();
  await page.locator('.models-figure', { hasText: /The map is of “pink-yellow dahlia”/ }).waitFor();
  await page.locator('.models-figure', { hasText: /The map is of “Pink-Yellow Dahlia”/ }).waitFor();
  const apart = await page.locator('.models-figure canvas[role="img"]').evaluateAll((pictures) => {
    const [one, other] = pictures.map((picture) => {
      const { width, height } = /** @type {HTMLCanvasElement} */ (picture);
      const context = /** @type {HTMLCanvasElement} */ (picture).getContext('2d');
      return context?.getImageData(0, 0, width, height).data ?? [];
    });
    return Array.from(one).reduce((most, level, index) => Math.max(most, Math.abs(level - other[index])), 0);
  });
  assert.ok(apart <= 2, `the same rows of the same weights make the same picture: ${apart} levels apart`);
  await page.setInputFiles('#file', photoPath('cat'));
  await explained(page, 'cat.jpg');
  await page.locator('#models:not(.stale)').waitFor();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.locator('#models').waitFor({ state: 'hidden' });
});

test('the dialog by keyboard alone, for everybody, and on a phone', async (t) => {
  const page = await site.open(t, { context: { viewport: { width: 390, height: 844 } } });
  await explained(page, 'dahlia.jpg');
  const button = page.getByRole('button', { name: 'Use your own network' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Your own network' }).waitFor();
  await page.setInputFiles('#network-file', file('mine.safetensors', own));
  await page.locator('#network-used-name', { hasText: 'mine.safetensors' }).waitFor();
  await page.getByText('Class names and preprocessing').focus();
  await page.keyboard.press('Enter');
  await assertAccessible(page, 'the dialog');
  const wide = await page.evaluate(() => document.getElementById('network-dialog')?.scrollWidth ?? 0);
  assert.ok(wide <= 390, `${wide} pixels`);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.ok(await button.evaluate((element) => element === document.activeElement), 'the focus is back');
  await page.getByRole('tab', { name: 'Two networks' }).click();
  await page.getByRole('button', { name: 'Choose a second network' }).click();
  await page.getByRole('button', { name: 'Compare Oxford Flowers-102' }).click();
  await page.locator('#network-used-name', { hasText: 'Oxford Flowers-102' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.models-classes li').first().waitFor();
  await assertAccessible(page, 'two networks');
});
