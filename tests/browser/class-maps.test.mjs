// All classes' maps at once, as the library gives them: those that asking for each class gives.

import assert from 'node:assert/strict';
import test from 'node:test';
import { explained, Site } from './harness.mjs';

const site = new Site();

test('the maps of all classes are those of each class', async (t) => {
  const page = await site.open(t);
  await explained(page, 'dahlia.jpg');
  const { classes, length, cells, layer, worst, milliseconds } = await page.evaluate(async () => {
    const { GradCam } = await import(new URL('www/gradcam.js', document.baseURI).href);
    const url = (/** @type {string} */ path) => new URL(path, document.baseURI);
    const cam = await GradCam.load({ model: url('www/models/resnet18-flowers102.safetensors') });
    const photo = await cam.open(url('www/photos/dahlia.jpg'));
    await cam.explain(photo);
    let maps;
    let milliseconds = Infinity;
    for (let run = 0; run < 20; run++) {
      const start = performance.now();
      maps = await cam.classMaps(photo);
      milliseconds = Math.min(milliseconds, performance.now() - start);
    }
    const cells = maps.width * maps.height;
    let worst = 0;
    for (const target of [0, 46, 59, 101]) {
      const { map } = await cam.explain(photo, { target });
      const found = maps.values.subarray(target * cells, (target + 1) * cells);
      const largest = Math.max(...map.values.map(Math.abs));
      for (const [cell, value] of map.values.entries())
        worst = Math.max(worst, Math.abs(value - found[cell]) / largest);
    }
    const { layer, values } = maps;
    cam.dispose();
    return { classes: cam.model.labels.length, length: values.length, cells, layer, worst, milliseconds };
  });
  assert.equal(layer, 'layer4.1');
  assert.equal(cells, 49);
  assert.equal(length, classes * cells);
  assert.ok(worst < 1e-5, `${worst}`);
  t.diagnostic(`${milliseconds.toFixed(1)} ms from question to answer, the shortest of 20`);
});
