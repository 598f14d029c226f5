// A folder of photos: every way in, what is found and how it is shown, pausing and stopping, and what can be taken along.

import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { makeZip } from './archive.mjs';
import { csvRows, finished, folderText, watched, watchWorkers } from './folders.mjs';
import { explained, fromRoot, message, Site } from './harness.mjs';
import { numbersIn } from './numbers.mjs';
import { LABELS, MODEL, PHOTOS, photoPath, reference } from './references.mjs';
import { floats, join as joined, split } from './safetensors.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('node:test').TestContext} TestContext */

const site = new Site();

/** What PyTorch says of the samples: marigold, sunflower, fire lily, yellow iris, bird of paradise. @type {Record<string, string>} */
const FOLDERS = {
  dahlia: '060_Pink-Yellow_Dahlia',
  cat: '054. sunflower',
  marigold: '021 Fire Lily/from 2024',
  'yellow-daisy': 'black-eyed susan',
  ladybird: 'holiday',
};

/** A folder of the test's own. @param {TestContext} t @param {Record<string, string | Buffer>} files paths in it: a file to copy, or bytes */
function makeFolder(t, files) {
  const top = mkdtempSync(join(tmpdir(), 'gradcam-'));
  t.after(() => rmSync(top, { recursive: true }));
  const folder = join(top, 'flowers');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    if (typeof content === 'string') copyFileSync(content, join(folder, path));
    else writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The samples in folders named after classes, a damaged photo, and what is none. */
function samples() {
  /** @type {Record<string, string | Buffer>} */
  const files = {
    'notes.txt': Buffer.from('no photo'),
    'holiday/.hidden.jpg': photoPath('cat'),
    '.trash/cat.jpg': photoPath('cat'),
    'black-eyed susan/truncated.jpg': fromRoot('tests/fixtures/bad/truncated.jpg'),
  };
  for (const photo of PHOTOS) files[`${FOLDERS[photo]}/${photo}.jpg`] = photoPath(photo);
  return files;
}

/** Many small photos. @param {number} count */
function many(count) {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `${index % 2 ? 'rose' : 'lily'}/${index + 1}.jpg`,
      fromRoot('tests/fixtures/photo/jpeg-420.jpg'),
    ]),
  );
}

/** Drops files and folders on the page. @param {Page} page @param {string[]} files */
async function drop(page, files) {
  const devtools = await page.context().newCDPSession(page);
  for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop']))
    await devtools.send('Input.dispatchDragEvent', {
      type,
      x: 600,
      y: 300,
      data: { items: [], files, dragOperationsMask: 1 },
    });
}

/** Saves the table and reads it back. @param {Page} page */
async function saveTable(page) {
  const download = page.waitForEvent('download');
  await page.locator('#folder-csv').click();
  const file = await download;
  const rows = csvRows(readFileSync(await file.path(), 'utf8'));
  return { name: file.suggestedFilename(), rows };
}

/** The names of the photos on the screen. @param {Page} page */
function shown(page) {
  return page.locator('#folder-list .photo-file').allTextContents();
}

/** The shares of a map's positive part, by the letter of their definition. @param {Float32Array} map 7 × 7 */
function spread(map) {
  const positive = Array.from(map, (value) => Math.max(value, 0));
  const whole = positive.reduce((sum, value) => sum + value);
  const at = (/** @type {(row: number, column: number) => number} */ part) =>
    positive.reduce((sum, value, cell) => sum + value * part(Math.floor(cell / 7), cell % 7), 0) / whole;
  const edge = (/** @type {number} */ place) => place === 0 || place === 6;
  // The middle runs from 1.75 to 5.25 cells.
  const inside = (/** @type {number} */ place) =>
    Math.max(0, Math.min(place + 1, 5.25) - Math.max(place, 1.75));
  const strongest = positive.toSorted((one, other) => other - one).slice(0, 12);
  return {
    border: at((row, column) => Number(edge(row) || edge(column))),
    outsideMiddle: at((row, column) => 1 - inside(row) * inside(column)),
    strongestQuarter: strongest.reduce((sum, value) => sum + value) / whole,
  };
}

/** @param {string | undefined} found @param {number} wanted @param {number} bound */
function assertNear(found, wanted, bound) {
  assert.ok(Math.abs(Number(found) - wanted) <= bound, `${found}, not ${wanted}`);
}

/** How large the page's margin between two logits may be off: a decoder may differ from Pillow's by a level. */
const DECODED = 0.1;

test('a folder dropped: PyTorch’s answers, what they say together, and every choice among them', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  await drop(page, [makeFolder(t, samples())]);
  // The first of them is opened as a single one would be.
  await explained(page, 'marigold.jpg');
  await finished(page);
  assert.equal(await folderText(page, 'title'), 'flowers');
  assert.match(
    await folderText(page, 'about'),
    /^6 photos in 5 folders · Oxford Flowers-102 · Grad-CAM at layer4\.1/,
  );
  const all = ['marigold', 'cat', 'dahlia', 'truncated', 'yellow-daisy', 'ladybird'].map(
    (name) => `${name}.jpg`,
  );
  assert.deepEqual(await shown(page), all);

  const { name, rows } = await saveTable(page);
  assert.equal(name, 'flowers_grad-cam.csv');
  assert.deepEqual(
    rows.map(({ photo }) => photo),
    all,
  );
  for (const row of rows) {
    const photo = row.photo.replace('.jpg', '');
    if (photo === 'truncated') {
      assert.deepEqual([row.outcome, row.predicted, row.expected], ['failed', '', 'black-eyed susan']);
      assert.match(row.error, /^[A-Z].*\.$/);
      continue;
    }
    const { best, label, logits } = reference(photo);
    const expected = LABELS.findIndex((each) =>
      FOLDERS[photo].toLowerCase().replace(/_/g, ' ').includes(each),
    );
    assert.equal(row.folder, `flowers/${FOLDERS[photo]}`);
    assert.deepEqual([Number(row.predicted_index), row.predicted, row.error], [best, label, '']);
    assert.equal(row.expected_index, expected < 0 ? '' : String(expected));
    assert.equal(row.outcome, expected < 0 ? 'unknown' : expected === best ? 'right' : 'wrong');
    const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
    assertNear(row.probability, Math.exp(logits[best]) / sum, 0.02);
    if (expected >= 0) assertNear(row.expected_probability, Math.exp(logits[expected]) / sum, 0.02);
    const second = logits.toSorted((one, other) => other - one)[1];
    const rival = expected >= 0 && expected !== best ? logits[expected] : second;
    assertNear(row.margin_logits, logits[best] - rival, DECODED);
    const file = readFileSync(fromRoot(`tests/fixtures/references/${photo}.safetensors`));
    const shares = spread(floats(file, `layer4.1.${best}.gradcam`));
    assertNear(row.border_share, shares.border, 0.01);
    assertNear(row.outside_middle_share, shares.outsideMiddle, 0.01);
    assertNear(row.strongest_quarter_share, shares.strongestQuarter, 0.01);
    assert.deepEqual([row.blank_map, row.layer, row.method], ['false', 'layer4.1', 'grad-cam']);
    assert.match(row.model_sha256, /^[0-9a-f]{64}$/);
  }

  // What they say together. Of four whose folder is a class, two are right.
  const figures = await page.locator('.folder-figure').allInnerTexts();
  assert.deepEqual(
    figures.map((text) => text.replace(/\s+/g, ' ')),
    ['50.0 % right: 2 of 4', '2 mistakes', '1 in no folder named after a class', '1 could not be read'],
  );
  const average = (/** @type {string} */ outcome, /** @type {string} */ share) => {
    const values = rows.filter((row) => row.outcome === outcome).map((row) => Number(row[share]));
    return Math.round((100 * values.reduce((sum, value) => sum + value)) / values.length);
  };
  const chart = (await page.locator('.shares-chart').getAttribute('aria-label')) ?? '';
  assert.deepEqual(numbersIn(chart), [
    ...['border_share', 'outside_middle_share', 'strongest_quarter_share'].flatMap((share, index) => [
      average('right', share),
      average('wrong', share),
      [49, 75, 25][index],
    ]),
    2,
    2,
  ]);
  assert.equal(await page.locator('.shares-chart .bar').count(), 6);
  const lists = (/** @type {string} */ part) => page.locator(`#folder-${part} tbody tr`).allInnerTexts();
  assert.deepEqual(
    (await lists('classes')).map((text) => text.split(/\s*\t\s*/)),
    [
      ['pink-yellow dahlia', '0 of 1', '0\u202f%'],
      ['black-eyed susan', '0 of 1', '0\u202f%'],
      ['fire lily', '1 of 1', '100\u202f%'],
      ['sunflower', '1 of 1', '100\u202f%'],
    ],
  );
  assert.deepEqual(
    (await lists('confusions')).map((text) => text.split(/\s*\t\s*/)),
    [
      ['pink-yellow dahlia → marigold', '1'],
      ['black-eyed susan → yellow iris', '1'],
    ],
  );

  // Every choice among them.
  const dahlia = ['dahlia.jpg'];
  const mistakes = ['dahlia.jpg', 'yellow-daisy.jpg'];
  await page.selectOption('#folder-show', 'wrong');
  assert.deepEqual(await shown(page), mistakes);
  assert.equal(await folderText(page, 'shown'), '2 photos');
  await page.selectOption('#folder-sort', 'mistakes');
  const confident = rows
    .filter(({ outcome }) => outcome === 'wrong')
    .sort((one, other) => Number(other.probability) - Number(one.probability));
  assert.deepEqual(
    await shown(page),
    confident.map(({ photo }) => photo),
  );
  await page.selectOption('#folder-expected', 'pink-yellow dahlia');
  assert.deepEqual(await shown(page), dahlia);
  await page.selectOption('#folder-predicted', 'yellow iris');
  assert.deepEqual(await shown(page), []);
  assert.equal(await folderText(page, 'shown'), 'No photo is like that.');
  await page.locator('#folder-everything').click();
  assert.equal((await shown(page)).length, 6);
  assert.equal(await page.locator('#folder-sort').inputValue(), 'mistakes', 'the order stays');
  await page.selectOption('#folder-sort', 'folder');
  await page.selectOption('#folder-probability', '0 0.5');
  const unsure = rows.filter(({ probability }) => probability && Number(probability) < 0.5);
  assert.ok(unsure.length > 0 && unsure.length < 5);
  assert.deepEqual(
    await shown(page),
    unsure.map(({ photo }) => photo),
  );
  await page.getByRole('button', { name: 'could not be read' }).click();
  assert.deepEqual(await shown(page), ['truncated.jpg']);
  assert.match(await page.locator('.photo-card').innerText(), /damaged/);
  await page.getByRole('button', { name: 'pink-yellow dahlia → marigold' }).click();
  assert.deepEqual(await shown(page), dahlia);
  await page.getByRole('button', { name: 'fire lily', exact: true }).click();
  assert.deepEqual(await shown(page), ['marigold.jpg']);
  await page.getByRole('button', { name: 'mistakes' }).click();
  assert.deepEqual((await shown(page)).toSorted(), mistakes);

  // The same in a table, whose headings sort.
  await page.getByText('Table', { exact: true }).click();
  await page.locator('#folder-everything').click();
  const cells = await page
    .locator('.photo-table tbody tr', { hasText: 'dahlia.jpg' })
    .locator('td')
    .allInnerTexts();
  assert.deepEqual(cells.slice(0, 3), ['pink-yellow dahlia', 'marigold', 'wrong']);
  await page.getByRole('button', { name: 'On the border' }).click();
  const answered = rows.filter(({ outcome }) => outcome !== 'failed');
  const byBorder = answered.toSorted((one, other) => Number(other.border_share) - Number(one.border_share));
  const names = byBorder.map(({ photo }) => photo);
  assert.deepEqual(await shown(page), [...names, 'truncated.jpg']);
  await page.getByRole('button', { name: 'On the border' }).click();
  assert.deepEqual(await shown(page), [...names.reverse(), 'truncated.jpg']);
  assert.equal(await page.locator('[aria-sort]').innerText(), 'On the border');
  assert.equal(await page.locator('[aria-sort]').getAttribute('aria-sort'), 'ascending');

  // One click, and back.
  await page.locator('.photo-open', { hasText: 'yellow-daisy.jpg' }).click();
  await explained(page, 'yellow-daisy.jpg');
  await page
    .locator('#compare-question', { hasText: /should have been “black-eyed susan” .*folder’s name/ })
    .waitFor();
  await page.getByRole('button', { name: 'Back to the folder' }).click();
  assert.match(
    await page.evaluate(() => document.activeElement?.textContent ?? ''),
    /yellow-daisy\.jpg/,
    'where one left it',
  );
  await page.getByRole('button', { name: 'cat', exact: true }).click();
  await explained(page, 'cat.jpg');
  assert.ok(await page.locator('#back-to-folder').isHidden(), 'the sample is not of the folder');

  // Another method asks for another study of the same folder.
  await page.selectOption('#method', 'layer-cam');
  await explained(page, 'cat.jpg');
  assert.match(await folderText(page, 'other-text'), /LayerCAM at layer4\.1/);
  await page.getByRole('button', { name: 'Study it again' }).click();
  await page.locator('#folder-about', { hasText: 'LayerCAM at layer4.1' }).waitFor();
  await finished(page);
  assert.ok((await saveTable(page)).rows.every(({ method }) => method === 'layer-cam'));
  assert.ok(await page.locator('#folder-other').isHidden());

  await page.locator('#folder-close').click();
  assert.ok(await page.locator('#folder-study').isHidden());
  assert.ok(await page.locator('#back-to-folder').isHidden());
});

test('the report: one file, that needs neither network nor script', async (t) => {
  const page = await site.open(t, { path: '?engine=cpu' });
  const evil = '<img src=x onerror=alert(1)>';
  const folder = makeFolder(t, { ...samples(), [`12. marigold/${evil}.jpg`]: photoPath('ladybird') });
  await page.setInputFiles('#folder', folder);
  await finished(page);
  const download = page.waitForEvent('download');
  await page.locator('#folder-report').click();
  const file = await download;
  assert.equal(file.suggestedFilename(), 'flowers_grad-cam.html');
  // Browsers go by the ending.
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  const html = readFileSync(path, 'utf8');
  assert.doesNotMatch(html, /<script|<link|https?:\/\/(?!www\.w3\.org\/2000\/svg)|onerror=alert\(1\)>/);

  const browser = page.context().browser();
  assert.ok(browser);
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const context = await browser.newContext({ offline: true, javaScriptEnabled: false, colorScheme });
    const report = await context.newPage();
    /** @type {string[]} */
    const requests = [];
    context.on('request', (request) => requests.push(request.url()));
    report.on('console', (line) => requests.push(line.text()));
    await report.goto(`file://${path}`);
    assert.match(await report.locator('main').innerText(), /40\.0\s% right: 2 of 5/);
    const text = await report.locator('body').innerText();
    for (const said of ['Oxford Flowers-102', 'resnet18', 'Grad-CAM at layer4.1', 'association, not cause'])
      assert.ok(text.includes(said), said);
    assert.match(text, /[0-9a-f]{64}/);
    const cards = await report.locator('.photos li').allInnerTexts();
    assert.equal(cards.length, 3, 'the mistakes');
    assert.ok(cards.some((card) => card.includes(`${evil}.jpg`) && card.includes('should be marigold')));
    const sizes = await report
      .locator('.photos img')
      .evaluateAll((all) => all.map((image) => /** @type {HTMLImageElement} */ (image).naturalWidth));
    assert.deepEqual(sizes, [192, 192, 192]);
    assert.equal(await report.locator('.shares-chart .bar').count(), 6);
    assert.match(await report.locator('section').last().innerText(), /truncated\.jpg.*damaged/s);
    assert.deepEqual(
      requests.filter((url) => !/^(file|data):/.test(url)),
      [],
    );
    // With scripts on, so that the checker runs; the report brings none of its own.
    const checked = await browser.newPage({ colorScheme, bypassCSP: true });
    await checked.goto(`file://${path}`);
    await assertAccessible(checked, `report, ${colorScheme}`);
    await checked.close();
    await context.close();
  }
});

test('pause, stop and resume lose nothing, and a worker that breaks down costs no photo', async (t) => {
  const page = await site.open(t, { prepare: (page) => page.addInitScript(watchWorkers) });
  await explained(page, 'dahlia.jpg');
  const cores = await page.evaluate(async () => {
    const { thisDevice, workerCount } = await import(new URL('www/folder/pool.js', document.baseURI).href);
    return /** @type {number} */ (workerCount([{ parameters: 11.2e6 }], thisDevice()));
  });
  assert.equal((await watched(page)).alive, 1);
  const count = 40;
  await page.setInputFiles('#folder', makeFolder(t, many(count)));
  const done = async () => numbersIn(await folderText(page, 'count'))[0];
  const atLeast = (/** @type {number} */ wanted) =>
    page.waitForFunction(
      (least) => parseInt(document.getElementById('folder-count')?.textContent ?? '') >= least,
      wanted,
    );
  await atLeast(4);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('#folder-state', { hasText: /^Paused after \d+ of 40 photos\.$/ }).waitFor();
  await page.waitForFunction(() => /** @type {any} */ (window).watched.waiting === 0);
  const { surveys, alive, most } = await watched(page);
  assert.equal(alive, cores + 1, 'the workers wait');
  assert.ok(most <= cores, `${most} photos in flight`);
  await page.waitForTimeout(400);
  assert.equal((await watched(page)).surveys, surveys);
  // The pictures of the last ones are packed after they are answered.
  await atLeast(surveys);
  const paused = await done();
  assert.equal(paused, surveys);
  assert.equal((await saveTable(page)).rows.length, surveys, 'what is there can be taken along');

  await page.getByRole('button', { name: 'Resume' }).click();
  await atLeast(paused + 4);
  await page.evaluate(() => Object.assign(/** @type {any} */ (window).watched, { breakNext: 1 }));
  await atLeast(paused + 10);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('#folder-state', { hasText: /^Stopped after/ }).waitFor();
  assert.equal((await watched(page)).alive, 1, 'they are gone, and their memory');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'folder-pause', 'the focus goes on');
  await page.waitForTimeout(300);
  const stopped = await done();
  assert.ok(stopped < count);
  await page.getByRole('button', { name: 'Resume' }).click();
  await finished(page);
  assert.equal((await watched(page)).alive, 1);
  const { rows } = await saveTable(page);
  assert.deepEqual(
    rows.map(({ folder, photo }) => `${folder}/${photo}`).toSorted(),
    Object.keys(many(count))
      .map((path) => `flowers/${path}`)
      .toSorted(),
  );
  assert.ok(rows.every(({ predicted, error }) => predicted && !error));
  assert.equal(
    new Set(rows.map(({ probability }) => probability)).size,
    1,
    'the same photo, the same answer',
  );
  // Each worker's share of what was stopped, and the one that broke down, were done twice.
  const again = (await watched(page)).surveys - count;
  assert.ok(again >= 1 && again <= cores + 1, `${again} done twice`);

  // Where no worker can be started at all, it says so and can be tried again.
  await page.evaluate(() => Object.assign(/** @type {any} */ (window).watched, { refuse: true }));
  await page.setInputFiles('#folder', makeFolder(t, many(3)));
  await page.locator('#folder-failed').waitFor();
  assert.match(await folderText(page, 'failed-text'), /^The engine .*\.$/);
  await assertAccessible(page, 'failed');
  await page.evaluate(() => Object.assign(/** @type {any} */ (window).watched, { refuse: false }));
  await page.locator('#folder-retry').click();
  await finished(page);
  assert.equal((await saveTable(page)).rows.length, 3);
});

test('an archive, stored and deflated; several files; and what holds no photo', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const files = [
    { name: '12. marigold/dahlia.jpg', bytes: readFileSync(photoPath('dahlia')) },
    { name: 'deep\\sunflower\\cat.jpg', bytes: readFileSync(photoPath('cat')) },
    { name: '__MACOSX/._cat.jpg', bytes: Buffer.from('no photo') },
    { name: 'damaged.png', bytes: readFileSync(fromRoot('tests/fixtures/bad/truncated.png')) },
    { name: 'notes.txt', bytes: Buffer.from('no photo') },
  ];
  for (const deflated of [false, true]) {
    const name = deflated ? 'deflated.zip' : 'stored.zip';
    await page.setInputFiles('#files', {
      name,
      mimeType: 'application/zip',
      buffer: makeZip(files, { deflated }),
    });
    await page.locator('#folder-title', { hasText: name }).waitFor();
    await finished(page);
    const { rows } = await saveTable(page);
    assert.deepEqual(
      rows.map(({ photo, outcome }) => [photo, outcome]),
      [
        ['damaged.png', 'failed'],
        ['dahlia.jpg', 'right'],
        ['cat.jpg', 'right'],
      ],
    );
    await page.locator('.photo-open', { hasText: 'cat.jpg' }).click();
    await explained(page, 'cat.jpg');
  }
  await drop(page, [photoPath('ladybird'), photoPath('marigold'), fromRoot('README.md')]);
  await page.locator('#folder-title', { hasText: '2 photos' }).waitFor();
  await finished(page);
  assert.match(await folderText(page, 'unknown'), /named after their class/);
  assert.deepEqual(await page.locator('#folder-show option').allTextContents(), ['All photos']);
  assert.ok(await page.locator('#folder-expected').isHidden());
  assert.deepEqual(await page.locator('#folder-classes tbody th').allInnerTexts(), [
    'bird of paradise',
    'fire lily',
  ]);
  assert.ok((await saveTable(page)).rows.every(({ outcome }) => outcome === 'unknown'));
  await assertAccessible(page, 'nothing known');

  // The study before stays where nothing comes of another.
  const archive = { name: 'empty.zip', mimeType: 'application/zip' };
  await page.setInputFiles('#files', { ...archive, buffer: makeZip(files.slice(4)) });
  assert.equal(await message(page), 'There is no photo in that archive.');
  await page.setInputFiles('#files', { ...archive, buffer: Buffer.from('no archive') });
  await page.locator('#alert', { hasText: 'cannot be read' }).waitFor();
  await drop(page, [fromRoot('README.md'), fromRoot('LICENSE')]);
  await page.locator('#alert', { hasText: 'There is no photo among these files.' }).waitFor();
  assert.equal(await folderText(page, 'title'), '2 photos');

  // A single photo among them is one, and no folder.
  await drop(page, [photoPath('yellow-daisy'), fromRoot('README.md')]);
  await explained(page, 'yellow-daisy.jpg');
  assert.equal(await folderText(page, 'title'), '2 photos');
  assert.ok(await page.locator('#back-to-folder').isHidden());
});

test('files that are gone, and memory that stays', async (t) => {
  const page = await site.open(t, { prepare: (page) => page.addInitScript(watchWorkers) });
  await explained(page, 'dahlia.jpg');
  await page.evaluate(async () => {
    const { GradCam } = await import(new URL('www/gradcam.js', document.baseURI).href);
    const alone = await GradCam.load({ engine: 'cpu', flavour: 'relaxed', threads: 1 });
    await alone.explain(new URL('www/photos/marigold.jpg', document.baseURI));
    const one = await alone.memory();
    /** @type {Promise<number>[]} */
    const sizes = [];
    Object.assign(window, { sizes, one });
    const { dispose } = GradCam.prototype;
    // WebAssembly memory never shrinks: its size at the end is its peak.
    GradCam.prototype.dispose = function () {
      sizes.push(this.memory().finally(() => dispose.call(this)));
    };
  });
  const files = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`${index}.jpg`, photoPath(PHOTOS[index % 5])]),
  );
  const folder = makeFolder(t, files);
  await page.setInputFiles('#folder', folder);
  await page.waitForFunction(() => parseInt(document.getElementById('folder-count')?.textContent ?? '') >= 2);
  unlinkSync(join(folder, '29.jpg'));
  await finished(page);
  const { one, sizes } = await page.evaluate(async () => {
    const { one, sizes } = /** @type {any} */ (window);
    return { one, sizes: await Promise.all(sizes) };
  });
  assert.ok(sizes.length >= 1);
  t.diagnostic(
    `one explanation ${one / 2 ** 20} MiB, workers ${sizes.map((/** @type {number} */ size) => size / 2 ** 20)}`,
  );
  for (const size of sizes) assert.ok(size <= 1.2 * one, `${size} bytes, one explanation ${one}`);
  const { rows } = await saveTable(page);
  assert.equal(rows.length, 30);
  const [{ outcome, error }] = rows.filter(({ photo }) => photo === '29.jpg');
  assert.equal(outcome, 'failed');
  assert.match(error, /could not be read.*moved, renamed or deleted/);
  assert.equal(rows.filter(({ outcome }) => outcome === 'unknown').length, 29);
});

test('thousands of photos: the page stays quick, and holds what is on the screen alone', async (t) => {
  const count = 3000;
  const photo = readFileSync(fromRoot('tests/fixtures/photo/jpeg-1x1.jpg'));
  const page = await site.open(t, {
    prepare: async (page) => {
      await page.addInitScript(watchWorkers);
      // A network that has its answer at once: what takes time is the page's.
      const pool = readFileSync(fromRoot('dist/www/folder/pool.js'), 'utf8');
      site.put(
        'www/folder/pool.js',
        'text/javascript',
        `${pool.replace('function startWorker', 'function startRealWorker')}
        let surveyed = 0;
        export async function startWorker({ model }) {
          return {
            dispose() {},
            async survey(photo, { expected, side }) {
              if (photo.size !== ${photo.length}) throw new Error('another photo');
              if (window.slow) await new Promise((done) => setTimeout(done, 50));
              const of = (index) => ({ index, label: model.labels[index], probability: 0.5, logit: 1 });
              const target = of(surveyed++ % 3 ? expected : 5);
              const even = { border: 0.49, outsideMiddle: 0.75 };
              const spread = { border: 0.2, outsideMiddle: 0.5, strongestQuarter: 0.6, even };
              const explanation = { target, map: { blank: false } };
              return { explanation, expected: of(expected), margin: 1, spread, overlay: new ImageData(side, side) };
            },
          };
        }`,
      );
    },
  });
  await explained(page, 'dahlia.jpg');
  await page.evaluate(() => {
    const tasks = { longest: 0 };
    Object.assign(window, { tasks, slow: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) tasks.longest = Math.max(tasks.longest, duration);
    }).observe({ type: 'longtask' });
  });
  const files = Array.from({ length: count }, (_, index) => ({
    name: `${['fire lily', 'sunflower', 'rose', 'camellia'][index % 4]}/${index}.jpg`,
    bytes: photo,
  }));
  const folder = makeFolder(t, { 'many.zip': makeZip(files) });
  const start = performance.now();
  await page.setInputFiles('#files', join(folder, 'many.zip'));

  // Mistakes push in before the others, but not where somebody is.
  await page.locator('.photo-open').nth(3).waitFor();
  await page.selectOption('#folder-sort', 'mistakes');
  await page.locator('.photo-open').nth(3).focus();
  const before = await shown(page);
  await page.locator('#folder-held').waitFor();
  assert.deepEqual((await shown(page)).slice(0, before.length), before);
  await page.locator('#folder-sort').focus();
  await page.locator('#folder-held').waitFor({ state: 'hidden' });
  assert.notDeepEqual((await shown(page)).slice(0, before.length), before);
  await page.selectOption('#folder-sort', 'folder');
  await page.evaluate(() => Object.assign(window, { slow: false }));
  await finished(page);
  const elapsed = performance.now() - start;
  assert.match(await folderText(page, 'about'), /^3,000 photos in 4 folders/);
  const figures = (await page.locator('.folder-figure').allInnerTexts()).map((text) =>
    numbersIn(text.replaceAll(',', '')),
  );
  assert.equal(figures[0][2], count);
  assert.equal(await folderText(page, 'page'), '1 to 60 of 3,000');
  await page.locator('#folder-next').click();
  await page.locator('#folder-page', { hasText: '61 to 120' }).waitFor();
  await page.getByText('Table', { exact: true }).click();
  assert.equal(await page.locator('#folder-list .photo-file').count(), 60);
  const { addresses } = await watched(page);
  assert.ok(addresses <= 60, `${addresses} pictures are held`);
  assert.ok((await page.locator('#folder-study *').count()) < 3000);
  const { longest } = await page.evaluate(() => /** @type {any} */ (window).tasks);
  t.diagnostic(`the longest task took ${longest} ms, all ${Math.round(elapsed)} ms`);
  // A share, as the machine may have other things to do: drawing all of the photos would take longer.
  assert.ok(longest < 0.1 * elapsed, `${longest} ms of ${elapsed}`);
  const { rows } = await saveTable(page);
  assert.equal(rows.length, count);
  assert.equal(rows.filter(({ outcome }) => outcome === 'wrong').length, figures[1][0]);
});

test('two models on the same folder: where they agree, and where not', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  // The same network, but what it calls a marigold it has learnt to call a pink-yellow dahlia, and the other way round.
  const { header, data } = split(readFileSync(MODEL));
  const labels = [...LABELS];
  const [marigold, dahlia] = ['marigold', 'pink-yellow dahlia'].map((label) => labels.indexOf(label));
  [labels[marigold], labels[dahlia]] = [labels[dahlia], labels[marigold]];
  header.__metadata__.labels = JSON.stringify(labels);
  await page.getByRole('tab', { name: 'Two networks' }).click();
  await page.getByRole('button', { name: 'Choose a second network' }).click();
  await page.setInputFiles('#network-file', {
    name: 'after.safetensors',
    mimeType: 'application/octet-stream',
    buffer: joined(header, data),
  });
  await page.locator('#network-used-name', { hasText: 'after.safetensors' }).waitFor();
  await page.keyboard.press('Escape');
  await page.setInputFiles('#folder', makeFolder(t, samples()));
  await finished(page);
  assert.match(await folderText(page, 'about'), /Oxford Flowers-102 and after\.safetensors/);
  assert.deepEqual(
    (await page.locator('.folder-figure').allInnerTexts()).map((text) => text.replace(/\s+/g, ' ')),
    [
      ...['50.0 % right: 2 of 4', '2 mistakes', '1 in no folder named after a class', '1 could not be read'],
      ...['75.0 % right: 3 of 4', '1 mistake', '1 in no folder named after a class', '1 could not be read'],
      ...['80.0 % the same answer: 4 of 5', '1 disagreement'],
    ],
  );
  assert.deepEqual(await page.locator('.folder-agreement td').allInnerTexts(), ['', '2', '0', '1', '1']);
  await page.locator('.folder-agreement').getByRole('button', { name: '1' }).click();
  assert.deepEqual(await shown(page), ['dahlia.jpg']);
  assert.equal(await page.locator('#folder-show').inputValue(), 'only-second');
  await page.getByRole('button', { name: 'disagreement' }).click();
  await page.getByText('Table', { exact: true }).click();
  assert.deepEqual(await shown(page), ['dahlia.jpg']);
  const cells = await page.locator('.photo-table tbody td').allInnerTexts();
  assert.deepEqual([cells[0], cells[1], cells[2]], ['pink-yellow dahlia', 'marigold', 'wrong']);
  assert.deepEqual([cells[8], cells[9]], ['pink-yellow dahlia', 'right']);
  assert.deepEqual(cells.slice(3, 8), cells.slice(10, 15), 'but for the name it is the same network');
  await assertAccessible(page, 'two models, table');
  const { rows } = await saveTable(page);
  assert.equal(rows.length, 12);
  assert.deepEqual(
    rows.filter(({ photo }) => photo === 'dahlia.jpg').map(({ model, outcome }) => [model, outcome]),
    [
      ['Oxford Flowers-102', 'wrong'],
      ['after.safetensors', 'right'],
    ],
  );
  assert.equal(new Set(rows.map((row) => row.model_sha256)).size, 2);
});

test('with the keyboard alone', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const picker = page.waitForEvent('filechooser');
  await page.locator('#study-folder').focus();
  await page.keyboard.press('Enter');
  await (await picker).setFiles(makeFolder(t, samples()));
  await finished(page);
  /** @param {string} selector */
  const tabTo = async (selector) => {
    for (let presses = 0; presses < 80; presses++) {
      if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab never reached ${selector}`);
  };
  await page.locator('#folder-csv').focus();
  await tabTo('button.folder-figure');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('#folder-show').inputValue(), 'wrong');
  await tabTo('#folder-classes button');
  await page.keyboard.press('Enter');
  assert.deepEqual(await shown(page), ['dahlia.jpg']);
  await tabTo('input[name="folder-layout"]');
  await page.keyboard.press('ArrowRight');
  await page.locator('.photo-table').waitFor();
  await tabTo('#folder-show');
  await page.keyboard.press('Home');
  await tabTo('#folder-everything');
  await page.keyboard.press('Enter');
  assert.equal((await shown(page)).length, 6);
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'folder-show', 'the focus is not lost');
  await tabTo('.photo-sort[data-key="sort Probability"]');
  await page.keyboard.press('Enter');
  assert.match(
    await page.evaluate(() => document.activeElement?.textContent ?? ''),
    /Probability/,
    'a heading that sorts keeps the focus',
  );
  await tabTo('.photo-table .photo-open');
  const opened = (await shown(page))[0];
  await page.keyboard.press('Enter');
  await explained(page, opened);
  await page.waitForFunction(() => document.activeElement?.id === 'back-to-folder');
  await page.keyboard.press('Enter');
  assert.ok(await page.evaluate(() => document.activeElement?.matches('.photo-table .photo-open')));
});

for (const [name, context] of Object.entries({
  'light, wide': { viewport: { width: 1440, height: 900 }, colorScheme: /** @type {const} */ ('light') },
  'dark, phone': {
    viewport: { width: 390, height: 844 },
    colorScheme: /** @type {const} */ ('dark'),
    hasTouch: true,
    isMobile: true,
  },
}))
  test(`for everyone: ${name}`, async (t) => {
    const page = await site.open(t, { context });
    await explained(page, 'dahlia.jpg');
    await page.setInputFiles('#folder', makeFolder(t, { ...samples(), ...many(24) }));
    await page.locator('.photo-card').first().waitFor();
    await assertAccessible(page, 'running');
    await page.locator('#folder-stop').click();
    await page.locator('#folder-state', { hasText: 'Stopped' }).waitFor();
    await assertAccessible(page, 'stopped');
    await page.locator('#folder-pause').click();
    await finished(page);
    for (const layout of ['Gallery', 'Table']) {
      await page.getByText(layout, { exact: true }).click();
      await assertAccessible(page, layout);
      for (const width of name.includes('phone') ? [320, 390] : [768, 1440]) {
        await page.setViewportSize({ width, height: 844 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${layout} at ${width}: ${wide}`);
      }
    }
    await page.selectOption('#folder-probability', '0.95 Infinity');
    await page.selectOption('#folder-show', 'wrong');
    await page.selectOption('#folder-predicted', { index: 1 });
    await assertAccessible(page, 'filtered');
  });
