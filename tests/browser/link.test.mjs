// What a link keeps of the settings: above all the name of a layer, which is whatever its network calls it.

import assert from 'node:assert/strict';
import test from 'node:test';
import { linkedLayer, linkOf, readLink } from '../../www/save/link.js';
import { firstState } from '../../www/view/state.js';

/** @typedef {import('../../www/gradcam.js').Model} Model */

/** @param {string[]} names @returns {Model} */
function modelWith(names) {
  const layers = names.map((name) => ({ name, width: 7, height: 7, channels: 512 }));
  return /** @type {any} */ ({ layers, sha256: '0123456789abcdef'.repeat(4) });
}

/** @param {string} layer */
function linkTo(layer) {
  const state = firstState();
  return linkOf({ ...state, model: modelWith([layer]), settings: { ...state.settings, layer } });
}

const NAMES = [
  'layer4.1',
  '/features/conv0',
  'features.18-relu',
  'block 3 & head=1',
  'Ebene 4 – Größe %41',
  '層/四',
  'a+b',
  '#1',
];

for (const name of NAMES) {
  test(`a link keeps the layer ${name}`, () => {
    const fragment = new URL(`https://example.org/#${linkTo(name)}`).hash;
    assert.equal(readLink(fragment).layer, name);
    assert.equal(linkedLayer(readLink(fragment), modelWith(['stem', name])), name);
  });
}

test('a layer that the model does not have is none, and neither is a text that goes on and on', () => {
  assert.equal(linkedLayer(readLink('layer=/features/conv0'), modelWith(['layer4.1'])), null);
  assert.equal(linkedLayer(readLink(''), modelWith([''])), null);
  assert.equal(readLink(`layer=${'x'.repeat(10_000)}`).layer, null);
  assert.equal(readLink('layer=').layer, null);
});

test('a link from before is read as it was', () => {
  const link = readLink(
    '#model=0123456789ab&photo=dahlia&layer=layer3.1&method=grad-cam%2B%2B&class=12&expected=3' +
      '&scale=signed&colors=viridis&opacity=40&view=panels&tab=what-if',
  );
  assert.deepEqual(link, {
    model: '0123456789ab',
    photo: 'dahlia',
    layer: 'layer3.1',
    method: 'grad-cam++',
    target: 12,
    expected: 3,
    scale: 'signed',
    colors: 'viridis',
    opacity: 0.4,
    view: 'panels',
    tab: 'what-if',
  });
  for (const method of ['grad-cam-3', 'constructor', ''])
    assert.equal(readLink(`method=${method}`).method, null);
});
