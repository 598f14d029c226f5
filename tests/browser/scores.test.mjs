// What the page makes of logits: the order of the classes, their names and their probabilities.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Scores } from '../../www/engine/scores.js';

const labels = ['rose', 'aster', 'lily', 'dahlia'];

/** @param {number} found @param {number} wanted */
function near(found, wanted) {
  assert.ok(Math.abs(found - wanted) < 1e-12, `${found} is not ${wanted}`);
}

test('best first, equal logits in the order of the classes, and no more than asked for', () => {
  const scores = new Scores(Float32Array.of(1, 3, 1, 3), { labels, output: 'softmax' });
  const names = (/** @type {number} */ count) => scores.best(count).map(({ label }) => label);
  assert.deepEqual(
    scores.best().map(({ index }) => index),
    [1, 3, 0, 2],
  );
  assert.deepEqual(names(3), ['aster', 'dahlia', 'rose']);
  assert.deepEqual(names(0), []);
  assert.deepEqual(names(99).length, 4);
  assert.deepEqual(scores.of(2), { ...scores.best()[3] });
});

test('softmax, in double precision, of logits of any size', () => {
  const scores = new Scores(Float32Array.of(1000, 999, -1000, 998), { labels, output: 'softmax' });
  const total = 1 + Math.exp(-1) + Math.exp(-2);
  near(scores.of(0).probability, 1 / total);
  near(scores.of(1).probability, Math.exp(-1) / total);
  assert.equal(scores.of(2).probability, 0);
  near(
    scores.best().reduce((sum, { probability }) => sum + probability, 0),
    1,
  );
});

test('a sigmoid for each class by itself, where the model has no single answer', () => {
  const scores = new Scores(Float32Array.of(0, 2, -2, -1000), { labels, output: 'sigmoid' });
  near(scores.of(0).probability, 0.5);
  near(scores.of(1).probability + scores.of(2).probability, 1);
  near(scores.of(1).probability, 1 / (1 + Math.exp(-2)));
  assert.equal(scores.of(3).probability, 0);
  assert.deepEqual(
    scores.best(2).map(({ label }) => label),
    ['aster', 'rose'],
  );
});
