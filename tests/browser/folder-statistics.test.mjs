// What many answers say together, and which of them are shown: compared with numbers made by hand.

import assert from 'node:assert/strict';
import test from 'node:test';
import { csvOf } from '../../www/folder/csv.js';
import { classOfFolder } from '../../www/folder/expected.js';
import { workerCount } from '../../www/folder/pool.js';
import { EVERYTHING, select } from '../../www/folder/selection.js';
import { compareModels, isDisagreement, summarise } from '../../www/folder/statistics.js';
import { rateWords, remainingWords, sharesWords } from '../../www/folder/words.js';

/** @typedef {import('../../www/folder/answer.js').Answered} Answered */

const LABELS = ['rose', 'aster', 'lily'];

/**
 * @param {number | null} expected
 * @param {number} predicted
 * @param {{ probability?: number, margin?: number, border?: number, outside?: number, quarter?: number, blank?: boolean }} [more]
 * @returns {Answered}
 */
function answer(
  expected,
  predicted,
  { probability = 0.5, margin = 1, border = 0.25, outside = 0.5, quarter = 0.75, blank = false } = {},
) {
  const prediction = (/** @type {number} */ index) => ({
    index,
    label: LABELS[index],
    probability,
    logit: 0,
  });
  return {
    predicted: prediction(predicted),
    expected: expected === null ? null : prediction(expected),
    right: expected === null ? null : expected === predicted,
    margin,
    spread: {
      strongestQuarter: quarter,
      border,
      outsideMiddle: outside,
      even: { border: 0.4, outsideMiddle: 0.75 },
    },
    blank,
    overlay: null,
  };
}

const FAILED = { error: 'No photo.' };

test('counts, accuracies, confusions and averages', () => {
  const answers = [
    answer(0, 0, { border: 0.1, outside: 0.2, quarter: 0.9 }),
    answer(0, 0, { border: 0.3, outside: 0.6, quarter: 0.7 }),
    answer(0, 1, { border: 0.5, outside: 0.8, quarter: 0.5 }),
    answer(0, 1, { border: 0.7, outside: 1, quarter: 0.3 }),
    answer(1, 2, { border: 0.6, outside: 0.9, quarter: 0.4 }),
    answer(2, 2, { border: 0, outside: 0, quarter: 0, blank: true }),
    answer(null, 2, { border: 0.9, outside: 1, quarter: 0.2 }),
    FAILED,
    null,
  ];
  const summary = summarise(answers);
  assert.deepEqual(
    { ...summary, classes: null, confusions: null, predicted: null, shares: null },
    {
      answered: 7,
      failed: 1,
      known: 6,
      right: 3,
      wrong: 3,
      accuracy: 0.5,
      blank: 1,
      classes: null,
      predicted: null,
      confusions: null,
      shares: null,
      even: { border: 0.4, outsideMiddle: 0.75, strongestQuarter: 0.25 },
    },
  );
  // The least accurate first.
  assert.deepEqual(summary.classes, [
    { label: 'aster', total: 1, right: 0 },
    { label: 'rose', total: 4, right: 2 },
    { label: 'lily', total: 1, right: 1 },
  ]);
  assert.deepEqual(summary.confusions, [
    { expected: 'rose', predicted: 'aster', count: 2 },
    { expected: 'aster', predicted: 'lily', count: 1 },
  ]);
  assert.deepEqual(summary.predicted, [
    { label: 'lily', count: 3 },
    { label: 'rose', count: 2 },
    { label: 'aster', count: 2 },
  ]);
  const near = (/** @type {object} */ found, /** @type {Record<string, number>} */ wanted) => {
    for (const [name, value] of Object.entries(wanted))
      assert.ok(Math.abs(/** @type {any} */ (found)[name] - value) < 1e-12, name);
  };
  // The blank map, of a right answer, has no shares and does not count as none on the border.
  near(summary.shares.right, { count: 2, border: 0.2, outsideMiddle: 0.4, strongestQuarter: 0.8 });
  near(summary.shares.wrong, { count: 3, border: 0.6, outsideMiddle: 0.9, strongestQuarter: 0.4 });
  near(summary.shares.all, { count: 6, border: 3.1 / 6, outsideMiddle: 0.75, strongestQuarter: 0.5 });
  assert.match(sharesWords(summary), /90.%.*40.%.*60.%.*20.%.*chance.*1 blank map/);
});

test('without a known class nothing is right or wrong', () => {
  const summary = summarise([answer(null, 0), answer(null, 1), null]);
  assert.deepEqual([summary.known, summary.accuracy, summary.right, summary.wrong], [0, null, 0, 0]);
  assert.deepEqual(summary.classes, []);
  assert.equal(summary.shares.all.count, 2);
  const none = summarise([null, FAILED]);
  assert.deepEqual([none.answered, none.even, none.accuracy], [0, null, null]);
  assert.equal(sharesWords(none), '');
});

test('two models: where they agree, and who is right', () => {
  const other = answer(0, 0);
  other.predicted = { ...other.predicted, index: 7, label: 'Rose' };
  const answers = [
    [answer(0, 0), other],
    [answer(0, 0), answer(0, 1)],
    [answer(0, 1), answer(0, 0)],
    [answer(0, 1), answer(0, 2)],
    [answer(0, 1), answer(0, 1)],
    [answer(null, 1), answer(null, 2)],
    [answer(0, 0), FAILED],
    [answer(0, 0), null],
  ];
  assert.deepEqual(compareModels(answers), {
    both: 6,
    same: 2,
    known: 5,
    bothRight: 1,
    onlyFirst: 1,
    onlySecond: 1,
    bothWrong: 2,
  });
  assert.deepEqual(
    answers.map((each) => isDisagreement(each)),
    [false, true, true, true, false, true, false, false],
  );
  const shown = (/** @type {Partial<import('../../www/folder/selection.js').Choice>} */ choice) =>
    select(answers, { ...EVERYTHING, ...choice });
  assert.deepEqual(shown({ show: 'disagree' }), [1, 2, 3, 5]);
  assert.deepEqual(shown({ show: 'only-first' }), [1]);
  assert.deepEqual(shown({ show: 'only-second' }), [2]);
  assert.deepEqual(shown({ show: 'right' }), [0]);
  assert.deepEqual(shown({ show: 'wrong' }), [1, 2, 3, 4]);
  assert.deepEqual(shown({ show: 'failed' }), [6]);
});

test('filters and orders', () => {
  const answers = [
    answer(0, 0, { probability: 0.9, margin: 3, border: 0.2 }),
    answer(0, 1, { probability: 0.6, margin: 1, border: 0.5 }),
    FAILED,
    answer(1, 2, { probability: 0.95, margin: 2, border: 0.1 }),
    null,
    answer(null, 2, { probability: 0.4, margin: 0.5, border: 0, blank: true }),
    answer(2, 1, { probability: 0.7, margin: 4, border: 0.9 }),
  ].map((each) => [each]);
  /** @type {[Partial<import('../../www/folder/selection.js').Choice>, number[]][]} */
  const cases = [
    [{}, [0, 1, 2, 3, 5, 6]],
    [{ show: 'wrong' }, [1, 3, 6]],
    [{ show: 'right' }, [0]],
    [{ show: 'failed' }, [2]],
    [{ expected: 'rose' }, [0, 1]],
    [{ predicted: 'aster' }, [1, 6]],
    [{ expected: 'lily', predicted: 'aster' }, [6]],
    [{ probability: [0.7, Infinity] }, [0, 3, 6]],
    [{ probability: [0, 0.7] }, [1, 5]],
    [{ sort: 'mistakes' }, [3, 6, 1, 0, 2, 5]],
    [{ sort: 'mistakes', show: 'wrong', descending: false }, [3, 6, 1]],
    [{ sort: 'probability' }, [3, 0, 6, 1, 5, 2]],
    [{ sort: 'probability', descending: false }, [5, 1, 6, 0, 3, 2]],
    [{ sort: 'margin', descending: false }, [5, 1, 3, 0, 6, 2]],
    // A blank map lies nowhere: last, whichever way.
    [{ sort: 'border' }, [6, 1, 0, 3, 2, 5]],
    [{ sort: 'border', descending: false }, [3, 0, 1, 6, 2, 5]],
  ];
  for (const [choice, wanted] of cases)
    assert.deepEqual(select(answers, { ...EVERYTHING, ...choice }), wanted, JSON.stringify(choice));
});

test('a folder is taken at its word, the nearest first', () => {
  const labels = ['rose', 'pink-yellow dahlia', "colt's foot", 'lily'];
  /** @type {[string | null, number | null][]} */
  const cases = [
    ['rose', 0],
    ['060_Pink-Yellow_Dahlia', 1],
    ['12. colts foot', 2],
    ['flowers/test/rose', 0],
    ['rose/lily', 3],
    ['lily/holiday 2024', 3],
    ['lily/photos/1', 3],
    ['roses', null],
    ['12', null],
    ['', null],
    [null, null],
  ];
  for (const [folder, wanted] of cases) assert.equal(classOfFolder(folder, labels), wanted, String(folder));
  // A class may be called by a number, and one by nothing at all.
  assert.equal(classOfFolder('007', ['6', '007']), 1);
  assert.equal(classOfFolder('x//y', ['', 'a']), null);
});

test('as many workers as there are cores, as far as memory goes', () => {
  const small = { parameters: 11e6 };
  const large = { parameters: 60e6 };
  const memory = 8 * 2 ** 30;
  assert.equal(workerCount([small], { cores: 2, memory }), 2);
  assert.equal(workerCount([small], { cores: 64, memory }), 8);
  assert.equal(workerCount([small], { cores: 8, memory: 2 ** 30 }), 1);
  assert.ok(workerCount([large], { cores: 8, memory }) < 8);
  assert.equal(workerCount([small, large], { cores: 1, memory: 2 ** 30 }), 2, 'one for each model');
});

test('how long it takes, in words', () => {
  assert.equal(rateWords(12.34), '12 photos a second');
  assert.equal(rateWords(1.26), '1.3 photos a second');
  assert.equal(rateWords(0.25), '15 photos a minute');
  assert.equal(remainingWords(3), 'a few seconds left');
  assert.equal(remainingWords(33), 'about 30 seconds left');
  assert.equal(remainingWords(58), 'about a minute left');
  assert.equal(remainingWords(170), 'about 3 minutes left');
  assert.equal(remainingWords(7300), 'about 2 hours left');
});

test('a table that no spreadsheet takes for formulas', async () => {
  const wrong = answer(0, 1, { margin: -1.25, probability: 0.123456789 });
  const model = /** @type {any} */ ({ labels: ['=rose, "red"', 'aster'], sha256: null });
  wrong.expected = { ...wrong.predicted, index: 0, label: model.labels[0] };
  const study = {
    name: 'x',
    photos: ['=1+1.jpg', '-2.jpg', 'a,"b"\r\n.jpg'].map((name, index) => ({
      name,
      folder: index === 0 ? '@top' : '-2',
      read: async () => new Blob(),
    })),
    models: [{ name: '+model', model, load: /** @type {any} */ (null) }],
    question: {
      layer: 'layer4.1',
      method: /** @type {const} */ ('grad-cam'),
      colors: /** @type {const} */ ('turbo'),
    },
    answers: [[wrong], [FAILED], [null]],
    expected: [[0], [null], [null]],
  };
  const bytes = new Uint8Array(await csvOf(study).arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf]);
  const lines = new TextDecoder().decode(bytes).split('\r\n');
  assert.equal(lines.length, 4, 'a line for each answer, and each ends');
  assert.equal(
    lines[1],
    `'=1+1.jpg,'@top,'+model,0,"'=rose, ""red""",1,aster,wrong,0.1234568,0.1234568,-1.25,0.25,0.5,0.75,false,layer4.1,grad-cam,,`,
  );
  assert.equal(lines[2], `'-2.jpg,-2,'+model,,,,,failed,,,,,,,,layer4.1,grad-cam,,No photo.`);
});
