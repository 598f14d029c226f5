// What can be taken along: the figure as PNG and SVG, the evidence bundle, and the link.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { readNpy, readZip } from './archive.mjs';
import { explained, fromRoot, predictions, Site } from './harness.mjs';
import { canvasPrint, pngSize } from './picture.mjs';
import { LABELS, photoPath } from './references.mjs';
import { floats } from './safetensors.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site();

/** Expected, but not predicted, of dahlia.jpg. */
const EXPECTED = 'pink-yellow dahlia';

/**
 * Saves something by the menu.
 * @param {Page} page
 * @param {string} name of the button
 */
async function save(page, name) {
  if (
    !(await page
      .locator('#more-saves')
      .getAttribute('open')
      .then((open) => open !== null))
  ) {
    await page.locator('#more-saves summary').click();
  }
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name }).click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/**
 * Copies the link, and gives it as the clipboard has it.
 * @param {Page} page
 */
async function copyLink(page) {
  await page.locator('#more-saves summary').click();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByText('Link copied.').waitFor();
  await page.keyboard.press('Escape');
  return page.evaluate(() => navigator.clipboard.readText());
}

/** What the page is set to. @param {Page} page */
function settings(page) {
  return page.evaluate(() => {
    const value = (/** @type {string} */ id) =>
      /** @type {HTMLSelectElement | HTMLInputElement} */ (document.getElementById(id)).value;
    const checked = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement} */ (document.querySelector(`input[name="${name}"]:checked`)).value;
    return {
      layer: value('layer'),
      method: value('method'),
      scale: value('scale'),
      colors: value('colors'),
      opacity: value('opacity'),
      view: checked('view'),
      target: checked('target'),
      tab: document.querySelector('[role="tab"][aria-selected="true"]')?.id,
    };
  });
}

test('the figure: a standalone SVG with real text, and the same as a PNG', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const svg = await save(page, 'Figure as SVG');
  assert.equal(svg.name, 'dahlia_marigold_layer4.1_grad-cam_figure.svg');
  const text = svg.bytes.toString('utf8');
  const read = await page.evaluate(async (text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    const images = [...parsed.querySelectorAll('image')].map((image) => image.getAttribute('href') ?? '');
    const sizes = await Promise.all(
      images.map(async (href) => {
        const image = new Image();
        image.src = href;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      }),
    );
    const root = parsed.documentElement;
    return {
      root: `${root.namespaceURI} ${root.localName}`,
      width: Number(root.getAttribute('width')),
      height: Number(root.getAttribute('height')),
      names: [...new Set([...parsed.querySelectorAll('*')].map((each) => each.localName))].sort(),
      // Addresses of any kind, apart from those of the images: xmlns is no attribute here.
      attributes: [...parsed.querySelectorAll('*')]
        .flatMap((each) =>
          [...each.attributes].filter(({ name, value }) => name !== 'href' && /:\/\/|^on/.test(name + value)),
        )
        .map(({ name }) => name),
      prefixes: images.map((href) => href.slice(0, 22)),
      sizes,
      lines: [...parsed.querySelectorAll('text')].map((line) => line.textContent ?? ''),
    };
  }, text);
  assert.equal(read.root, 'http://www.w3.org/2000/svg svg', 'parses as XML');
  assert.deepEqual(read.names, ['image', 'rect', 'svg', 'text', 'title'], 'no scripts, nothing else');
  assert.deepEqual(
    read.attributes.filter((name) => name !== 'xmlns'),
    [],
    'nothing from elsewhere',
  );
  // Three panels and a legend; three maps of the comparison and theirs.
  assert.equal(read.sizes.length, 8);
  assert.ok(read.prefixes.every((prefix) => prefix === 'data:image/png;base64,'));
  assert.ok(read.sizes.every(([width, height]) => width >= 224 && height >= 1));
  const words = read.lines.join('\n').replaceAll('\u202f', ' ');
  for (const wanted of [
    /^marigold: 65\.6 %, logit \d/m,
    /Grad-CAM at layer4\.1, 7 × 7 values/,
    /^Photo\nHeatmap\nOverlay$/m,
    /^Map value/m,
    /^Why marigold and not pink-yellow dahlia\?$/m,
    /^For marigold, logit .+\nFor pink-yellow dahlia, logit .+\nThe difference/m,
    /^dahlia\.jpg\./m,
    /resnet18 \(SHA-256 [0-9a-f]{12}…\)\. Computed on (CPU|WebGPU).*Grad-CAM in the browser \d+\.\d+\.\d+\.$/m,
  ])
    assert.match(words, wanted);

  const png = await save(page, 'Figure as PNG');
  assert.equal(png.name, 'dahlia_marigold_layer4.1_grad-cam_figure.png');
  assert.deepEqual(pngSize(png.bytes), [2 * read.width, 2 * read.height]);

  // A name as long, and as odd, as it likes.
  const name = `<b>&amp; "${'long '.repeat(60)}\u0001.jpg`;
  await page.setInputFiles('#file', { name, mimeType: 'image/jpeg', buffer: readFileSync(photoPath('cat')) });
  await explained(page, name);
  const { bytes } = await save(page, 'Figure as SVG');
  const line = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    if (parsed.querySelector('parsererror')) return 'not XML';
    return [...parsed.querySelectorAll('text')]
      .map((each) => each.textContent)
      .find((each) => /long/.test(each ?? ''));
  }, bytes.toString('utf8'));
  assert.match(line ?? '', /^<b>&amp; "long long .*…$/);
});

/**
 * Holds a bundle against torch-cam's layout, schema version 1, as its own validator does.
 * @param {Map<string, Buffer>} files
 */
function validate(files) {
  const text = files.get('manifest.json')?.toString('utf8') ?? '';
  const manifest = JSON.parse(text);
  assert.equal([...files.keys()].at(-1), 'manifest.json', 'the manifest comes last');
  assert.equal(manifest.schema_version, 1);
  assert.ok(Object.keys(manifest.classes).length > 0);
  for (const reference of [manifest.prediction, manifest.expected]) {
    if (reference === null) continue;
    assert.ok(Number.isInteger(reference.class_idx));
    assert.equal(reference.class_name, manifest.classes[String(reference.class_idx)].class_name);
  }
  assert.ok(manifest.prediction);
  const named = new Set(['manifest.json', manifest.input_image]);
  for (const [key, entry] of Object.entries(manifest.classes)) {
    assert.ok(Number.isInteger(entry.class_idx) && entry.class_idx >= 0 && entry.class_idx < LABELS.length);
    assert.equal(String(entry.class_idx), key);
    assert.equal(entry.class_name, LABELS[entry.class_idx]);
    assert.ok(Number.isFinite(entry.logit) && entry.probability > 0 && entry.probability < 1);
    assert.ok(entry.artifacts.length > 0);
    for (const artifact of entry.artifacts) {
      assert.deepEqual(artifact.target_layers, manifest.target_layers);
      for (const kind of ['map', 'heatmap', 'overlay', 'raw']) {
        assert.match(artifact[kind], /^class-\d+-layer-\d+[a-z-]*\.(npy|png)$/, 'a relative path');
        assert.ok(files.has(artifact[kind]), `${artifact[kind]} exists`);
        named.add(artifact[kind]);
      }
      const map = readNpy(/** @type {Buffer} */ (files.get(artifact.map)));
      assert.ok(map.values.every((value) => value >= 0 && value <= 1));
      const raw = readNpy(/** @type {Buffer} */ (files.get(artifact.raw)));
      const most = Math.max(...raw.values);
      raw.values.forEach((value, index) => {
        const share = most > 0 ? Math.max(value, 0) / most : 0;
        assert.ok(Math.abs(share - map.values[index]) < 1e-6, 'ReLU, divided by the maximum');
      });
      assert.deepEqual(pngSize(/** @type {Buffer} */ (files.get(artifact.heatmap))), [map.columns, map.rows]);
      assert.deepEqual(pngSize(/** @type {Buffer} */ (files.get(artifact.overlay))), manifest.image_size);
    }
  }
  assert.deepEqual(pngSize(/** @type {Buffer} */ (files.get(manifest.input_image))), manifest.image_size);
  assert.deepEqual(new Set(files.keys()), named, 'nothing that the manifest does not name');
  assert.ok(Object.values(manifest.context).every((value) => typeof value === 'string'));
  return { manifest, text };
}

/** Loads every array with NumPy itself, where there is one. @param {import('node:test').TestContext} t @param {Map<string, Buffer>} files */
function loadWithNumpy(t, files) {
  if (spawnSync('python3', ['-c', 'import numpy']).status !== 0) {
    t.diagnostic('No NumPy here: the arrays were read by this test’s own reader alone.');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [name, bytes] of files) {
    if (!name.endsWith('.npy')) continue;
    writeFileSync(join(folder, name), bytes);
    const script =
      'import json, numpy, sys; a = numpy.load(sys.argv[1], allow_pickle=False); print(json.dumps([str(a.dtype), a.shape, a.ravel().tolist()]))';
    const { stdout, stderr } = spawnSync('python3', ['-c', script, join(folder, name)], { encoding: 'utf8' });
    assert.ok(stdout, stderr);
    const { rows, columns, values } = readNpy(bytes);
    assert.deepEqual(JSON.parse(stdout), ['float32', [rows, columns], values], name);
  }
}

test('the evidence bundle: torch-cam’s layout, complete and consistent', async (t) => {
  // The expected class and another target come by a link; how they are chosen by hand is other tests' matter.
  const page = await site.open(t, { path: `#photo=dahlia&layer=layer3.1&method=hires-cam&opacity=70` });
  await explained(page, 'dahlia.jpg');
  const best = await predictions(page);
  const expected = best.findIndex(({ label }) => label === EXPECTED);
  assert.ok(expected > 0);
  await page.goto(`${site.url}#photo=dahlia&expected=${best[expected].index}&class=${best[2].index}`);
  await page.waitForFunction((index) => {
    const chosen = document.querySelector('input[name="target"]:checked');
    return chosen instanceof HTMLInputElement && Number(chosen.value) === index;
  }, best[2].index);
  await explained(page, 'dahlia.jpg');
  const saved = await save(page, 'Evidence bundle');
  assert.match(saved.name, /^dahlia_.+_layer3\.1_hires-cam_evidence\.zip$/);
  const files = readZip(saved.bytes);

  const { manifest, text } = validate(files);
  loadWithNumpy(t, files);

  const classes = [best[0], best[expected], best[2]].map(({ index }) => index).sort((a, b) => a - b);
  assert.deepEqual(
    [...files.keys()],
    [
      'input.png',
      ...classes.flatMap((index) =>
        ['.npy', '-heatmap.png', '-overlay.png', '-raw.npy'].map((end) => `class-${index}-layer-0${end}`),
      ),
      'manifest.json',
    ],
  );
  assert.equal(manifest.prediction.class_idx, best[0].index);
  assert.equal(manifest.expected.class_idx, best[expected].index);
  for (const { index, logit } of best.slice(0, 3))
    assert.ok(Math.abs(manifest.classes[index].logit - logit) < 0.006, 'the logit on the page');
  const { method, target_layers, model, input_shape, image_size, alpha, context } = manifest;
  assert.deepEqual(
    { method, target_layers, model, input_shape, image_size, alpha },
    {
      method: 'hires-cam',
      target_layers: ['layer3.1'],
      model: 'resnet18',
      input_shape: [1, 3, 224, 224],
      image_size: [224, 224],
      alpha: 0.3,
    },
  );
  assert.match(manifest.versions.gradcam, /^\d+\.\d+\.\d+$/);
  assert.match(context.model_sha256, /^[0-9a-f]{64}$/);
  assert.equal(context.file, 'dahlia.jpg');
  // The raw map is PyTorch's, up to what decoding and rounding make of it.
  const raw = readNpy(/** @type {Buffer} */ (files.get(`class-${best[0].index}-layer-0-raw.npy`)));
  assert.deepEqual([raw.rows, raw.columns], [14, 14]);
  const torch = floats(
    readFileSync(fromRoot('tests/fixtures/references/dahlia.safetensors')),
    `layer3.1.${best[0].index}.hirescam`,
  );
  const off = Math.hypot(...raw.values.map((value, index) => value - torch[index])) / Math.hypot(...torch);
  assert.ok(off < 2e-3, String(off));

  // As Python writes it: sorted keys, two spaces, a newline at the end.
  assert.ok(text.endsWith('\n}\n'));
  const keys = [...text.matchAll(/^ {2}"(.+?)":/gm)].map(([, key]) => key);
  assert.deepEqual(keys, [...keys].sort());
  const numbers = [...text.matchAll(/^ {4}"(\d+)":/gm)].map(([, key]) => key);
  assert.deepEqual(numbers, classes.map(String).sort());
});

test('a link brings the same settings back, and never the photo', async (t) => {
  const page = await site.open(t, { context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await explained(page, 'dahlia.jpg');
  await page.selectOption('#layer', 'layer3.1');
  await page.selectOption('#method', 'grad-cam++');
  await page.selectOption('#scale', 'min-max');
  await page.selectOption('#colors', 'viridis');
  await page.locator('#opacity').fill('70');
  await page.getByText('Three panels', { exact: true }).click();
  await page.locator('#tab-what-if').click();
  await page.locator('.prediction').nth(2).click();
  await explained(page, 'dahlia.jpg');
  const wanted = await settings(page);
  const print = await canvasPrint(page);
  const link = await copyLink(page);
  assert.ok(link.startsWith(`${site.url}#`));
  assert.equal(new URL(page.url()).hash, '', 'the address of the page stays as it was');
  assert.match(link, /photo=dahlia\b/);

  const other = await page.context().newPage();
  await other.goto(link);
  await explained(other, 'dahlia.jpg');
  await other.waitForFunction(() => document.getElementById('verdict')?.textContent?.startsWith('Map for'));
  assert.deepEqual(await settings(other), wanted);
  assert.equal(await canvasPrint(other), print, 'the same picture');
  assert.ok(await other.locator('#link-notice').isHidden());

  // What is known of the photo comes along, and goes on into the next link.
  const [, { index }] = await predictions(page);
  await other.goto(`${link}&expected=${index}`);
  await explained(other, 'dahlia.jpg');
  assert.match(await copyLink(other), new RegExp(`[#&]expected=${index}(&|$)`));

  await page.setInputFiles('#file', {
    name: 'secret holiday.jpg',
    mimeType: 'image/jpeg',
    buffer: readFileSync(photoPath('cat')),
  });
  await explained(page, 'secret holiday.jpg');
  const own = await copyLink(page);
  assert.doesNotMatch(own, /secret|holiday|photo|jpg|class=|expected=/);
  assert.match(own, /layer=layer3\.1/);

  // Somebody's own photo is not there: the class goes for what is shown, and for what is opened next.
  await other.goto(`${own}&class=${index}`);
  await explained(other, 'dahlia.jpg');
  assert.equal((await settings(other)).target, String(index));
  await other.getByRole('button', { name: 'cat', exact: true }).click();
  await explained(other, 'cat.jpg');
  await other.locator('#verdict').getByText('Map for').waitFor();
  await other.getByRole('button', { name: 'marigold', exact: true }).click();
  await explained(other, 'marigold.jpg');
  await other.locator('#verdict').getByText('The network says').waitFor();
});

test('a link with nonsense opens the page as usual; one to another model says so', async (t) => {
  const nonsense =
    '#model=zzz&photo=../../etc&layer=<b>&method=constructor&class=9999&expected=-1&scale=signed&colors=pink&opacity=101&view=__proto__&tab=%E0%A4%A&&=&x';
  const page = await site.open(t, { path: nonsense });
  await explained(page, 'dahlia.jpg');
  const [best] = await predictions(page);
  assert.deepEqual(await settings(page), {
    layer: 'layer4.1',
    method: 'grad-cam',
    // The one value that makes sense counts.
    scale: 'signed',
    colors: 'turbo',
    opacity: '50',
    view: 'overlay',
    target: String(best.index),
    tab: 'tab-compare',
  });
  assert.ok(await page.locator('#link-notice').isHidden());

  // The page is open, and only its fragment changes.
  await page.goto(`${site.url}#model=0123456789ab&photo=cat&view=panels`);
  await explained(page, 'cat.jpg');
  assert.equal((await settings(page)).view, 'panels');
  assert.match((await page.locator('#link-notice-text').textContent()) ?? '', /another model/);
  await assertAccessible(page, 'a notice about the link');
  await page.locator('#link-dismiss').click();
  assert.ok(await page.locator('#link-notice').isHidden());
});

test('the menu by keyboard, on a phone, and where the clipboard is refused', async (t) => {
  const page = await site.open(t, {
    context: { viewport: { width: 390, height: 844 } },
    prepare: (page) =>
      page.addInitScript(() => {
        navigator.clipboard.writeText = () => Promise.reject(new DOMException('refused', 'NotAllowedError'));
      }),
  });
  await explained(page, 'dahlia.jpg');
  const menu = page.locator('#more-saves-summary');
  await menu.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Copy link' }).waitFor();
  await assertAccessible(page, 'the menu open');
  const wide = await page.evaluate(() => {
    const list = document.querySelector('.more-saves-list')?.getBoundingClientRect();
    return { page: document.documentElement.scrollWidth, left: list?.left ?? -1, right: list?.right ?? 999 };
  });
  assert.ok(wide.page <= 390 && wide.left >= 0 && wide.right <= 390, JSON.stringify(wide));
  for (let presses = 0; presses < 4; presses++) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('did not allow copying').waitFor();
  const selected = await page.evaluate(() => {
    const field = document.activeElement;
    return field instanceof HTMLInputElement
      ? field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0)
      : '';
  });
  assert.ok(selected.startsWith(`${site.url}#model=`), selected);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'more-saves-summary');
  assert.ok(await page.getByRole('button', { name: 'Copy link' }).isHidden());
  await menu.click();
  await page.locator('h1').click();
  assert.ok(await page.getByRole('button', { name: 'Copy link' }).isHidden());
});
