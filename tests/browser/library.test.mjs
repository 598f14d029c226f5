// The built site as a library: on somebody else's page, from another origin, and for TypeScript.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { ISOLATION, serve } from '../../tools/serve.mjs';
import { withClasses } from './checkpoints.mjs';
import { fromRoot, Site } from './harness.mjs';
import { photoPath, reference } from './references.mjs';

/** A host that lets other sites read its files, as `_headers` asks for. */
const CORS = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
const site = new Site({ headers: CORS });

/**
 * A page on another port, with nothing of ours but what it imports.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} html
 * @param {Record<string, string>} [headers]
 */
async function foreign(t, html, headers) {
  const folder = mkdtempSync(join(tmpdir(), 'foreign-'));
  writeFileSync(join(folder, 'index.html'), html);
  const server = await serve(folder, { port: 0, headers });
  const page = await site.openBare(t, {
    allow: /^request elsewhere: http:\/\/127\.0\.0\.1:\d+\/(favicon\.ico)?$/,
  });
  t.after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  await page.goto(server.url);
  assert.notEqual(new URL(page.url()).origin, new URL(site.url).origin);
  return page;
}

test('the example explains a photo where it lies, and from another origin', async (t) => {
  const example = readFileSync(fromRoot('dist/www/examples/minimal.html'), 'utf8');
  assert.ok(example.split('\n').length <= 28, 'twenty lines of script or so');
  const best = reference('dahlia');
  const own = await site.open(t, { path: 'www/examples/minimal.html', allow: /favicon/ });
  const elsewhere = await foreign(
    t,
    example
      .replace('../gradcam.js', `${site.url}www/gradcam.js`)
      .replace('<title>', '<link rel="icon" href="data:," /><title>'),
  );
  for (const page of [own, elsewhere]) {
    await page.getByText('Choose a photo.').waitFor();
    await page.setInputFiles('input', photoPath('dahlia'));
    await page.getByText(`${best.label}, `).waitFor();
    const painted = await page.evaluate(() => {
      const data = document.querySelector('canvas')?.getContext('2d')?.getImageData(112, 112, 1, 1).data;
      return data && [...data];
    });
    assert.ok(painted && painted[0] > 150 && painted[2] < 100, `red in the middle of the flower: ${painted}`);
  }
});

for (const [what, headers, threads] of /** @type {[string, Record<string, string>, number][]} */ ([
  ['a page like any other', {}, 1],
  ['a page that is cross-origin isolated', ISOLATION, 2],
]))
  test(`everything of the library from another origin, on ${what}`, async (t) => {
    const page = await foreign(
      t,
      '<!doctype html><link rel="icon" href="data:," /><title>Theirs</title>',
      headers,
    );
    const found = await page.evaluate(
      async ({ library, photo, model }) => {
        /** @param {string} text */
        const blob = (text) =>
          new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]);
        const { GradCam, GradCamError } = await import(library);
        const cam = await GradCam.load({ model: blob(model), labels: ['a', 'b', 'c'], threads: 2 });
        const file = blob(photo);
        const { predictions, map, engine } = await cam.explain(file);
        const survey = await cam.survey(file, { expected: 2 });
        const code = await cam
          .explain(new Blob(['no photo']))
          .catch((/** @type {any} */ error) => [error instanceof GradCamError, error.code]);
        const labels = await cam.parseLabels('{"x": 1, "y": 0}');
        const maps = await cam.layerMaps(file);
        const kept = { layers: cam.model.layers.length, parameters: cam.model.parameters };
        cam.dispose();
        const gone = await cam.memory().catch((/** @type {any} */ error) => error.code);
        return {
          predictions,
          map,
          engine,
          margin: survey.margin,
          code,
          labels,
          maps: maps.length,
          kept,
          gone,
        };
      },
      {
        library: `${site.url}www/gradcam.js`,
        photo: readFileSync(photoPath('dahlia')).toString('base64'),
        model: withClasses([46, 59, 30]).toString('base64'),
      },
    );
    const { logits } = reference('dahlia');
    assert.deepEqual(
      found.predictions.map((/** @type {any} */ { label, logit }) => [label, logit.toFixed(2)]),
      [46, 59, 30].map((index, place) => ['abc'[place], logits[index].toFixed(2)]),
    );
    assert.equal(found.engine.threads, threads);
    assert.ok(Math.abs(found.margin - (logits[46] - logits[30])) < 1e-2);
    assert.deepEqual(found.code, [true, 'not-an-image']);
    assert.deepEqual(found.labels, ['y', 'x']);
    assert.equal(found.maps, 10);
    assert.equal(found.kept.layers, 10);
    assert.equal(found.gone, 'aborted');
  });

test('TypeScript takes a program that uses it', () => {
  const compiler = fromRoot('tests/browser/node_modules/.bin/tsc');
  const flags = [
    '--noEmit',
    '--strict',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--target',
    'es2022',
  ];
  execFileSync(
    compiler,
    [...flags, '--lib', 'es2022,dom', '--types', '', fromRoot('tests/browser/library.ts')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
});
