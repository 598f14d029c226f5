// "Two networks": the same photo, asked of the page's network and of another; their maps on one scale.

import { sameClass } from '../../folder/expected.js';
import { removeColors } from '../../save/canvas.js';
import { element, write } from '../element.js';
import { list, number, percent } from '../format.js';
import { methodName } from '../method-words.js';
import { architectureName, isUnnamed } from '../network/facts.js';
import { surface } from '../picture.js';
import { legendTitle } from '../unit.js';
import { LEGEND_COLORS } from '../legend.js';
import { keyOfClass, studied } from './subject.js';
import { numberOf, Task } from './task.js';

/** @typedef {import('../../gradcam.js').Explanation} Explanation */
/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../../gradcam.js').Model} Model */
/** @typedef {import('../state.js').State} State */

/**
 * One network's answer, painted.
 *
 * @typedef {object} Side
 * @property {string} name of the network
 * @property {Explanation} explanation
 * @property {ImageData} crop
 * @property {ImageData} heat
 * @property {number} end the value at the end of its scale
 */

/** @typedef {{ sides: Side[], legend: ImageData, scale: 'positive' | 'signed' }} Pair */

/** Pixels of a map's side. */
const SIZE = 448;

/** How many classes are listed below a map. */
const LISTED = 5;

/**
 * The class of the same name in another network; where one of them has no names, of the same number among as many.
 *
 * @param {{ index: number, label: string }} found a class of `one`
 * @param {Model} one
 * @param {Model} other
 * @returns {number | null}
 */
function namesake({ index, label }, one, other) {
  if (isUnnamed(one) || isUnnamed(other)) return one.labels.length === other.labels.length ? index : null;
  const there = other.labels.findIndex((name) => sameClass(name, label));
  return there < 0 ? null : there;
}

/** What the maps' largest value is, on the scale they are painted in. @param {Explanation} explanation @param {Pair['scale']} scale */
function endOf({ map: { minimum, maximum } }, scale) {
  return scale === 'signed' ? Math.max(Math.abs(minimum), Math.abs(maximum)) : Math.max(maximum, 0);
}

/** @param {Side[]} sides @param {Model[]} models */
function verdict(sides, models) {
  const [first, second] = sides.map(({ explanation }) => explanation.predictions[0]);
  const [one, other] = [first, second].map(
    ({ label, probability }, index) => `${sides[index].name} says “${label}” (${percent(probability)})`,
  );
  const said = `${one}, ${other}`;
  const there = namesake(first, models[0], models[1]);
  if (there === second.index) return `They agree: ${said}.`;
  const nameless = models.some(isUnnamed) && there === null;
  return nameless
    ? `${said}. Without class names nobody can tell whether that is the same.`
    : `They disagree: ${said}.`;
}

/** @param {number} index */
function createFigure(index) {
  const figure = document.createElement('div');
  figure.className = 'models-figure';
  figure.setAttribute('role', 'group');
  const field = document.createElement('div');
  field.className = 'models-map';
  const picture = document.createElement('canvas');
  picture.width = picture.height = SIZE;
  picture.setAttribute('role', 'img');
  field.append(picture);
  const title = document.createElement('h3');
  title.id = `models-title-${index}`;
  title.className = 'compare-figure-title';
  figure.setAttribute('aria-labelledby', title.id);
  const detail = document.createElement('p');
  detail.className = 'hint';
  const colors = document.createElement('canvas');
  colors.className = 'models-colors';
  colors.width = LEGEND_COLORS;
  colors.height = 1;
  colors.setAttribute('aria-hidden', 'true');
  const ticks = document.createElement('p');
  ticks.className = 'models-ticks';
  const [low, high] = [0, 1].map(() => ticks.appendChild(document.createElement('span')));
  const classes = document.createElement('ol');
  classes.className = 'models-classes';
  const words = document.createElement('div');
  words.className = 'compare-figure-words';
  words.append(title, detail, colors, ticks, classes);
  figure.append(field, words);
  return { figure, picture, title, detail, colors, low, high, classes };
}

/** @param {import('../../gradcam.js').ClassScore} score @param {number} target */
function classRow({ index, label, probability }, target) {
  const row = document.createElement('li');
  row.classList.toggle('mapped', index === target);
  const name = document.createElement('span');
  name.textContent = label;
  const value = document.createElement('span');
  value.textContent = percent(probability);
  row.append(name, ' ', value);
  return row;
}

/**
 * @param {object} needs
 * @param {() => import('../../networks.js').Networks} needs.networks
 * @param {() => void} needs.choose opens the choice of a second network
 * @param {(error: unknown) => string} needs.sentence
 * @returns {(state: State) => void}
 */
export function createTwoModels({ networks, choose, sentence }) {
  const line = element('models-question', HTMLElement);
  const hint = element('models-hint', HTMLElement);
  const chooseButton = element('models-choose', HTMLButtonElement);
  const end = element('models-end', HTMLButtonElement);
  const sameBox = element('models-same-box', HTMLElement);
  const same = element('models-same', HTMLInputElement);
  const sameText = element('models-same-text', HTMLElement);
  const failed = element('models-failed', HTMLElement);
  const failedText = element('models-failed-text', HTMLElement);
  const body = element('models', HTMLElement);
  const method = element('models-method', HTMLElement);
  const own = element('models-own', HTMLInputElement);
  const figures = [0, 1].map(createFigure);
  element('models-maps', HTMLElement).append(...figures.map(({ figure }) => figure));
  const task = new Task();
  /** @type {State | null} */
  let last = null;
  /** @type {{ key: string, pair: Pair } | null} */
  let done = null;
  /** @type {unknown[]} */
  let drawn = [];

  /**
   * @param {NonNullable<ReturnType<typeof studied>>} subject
   * @param {NonNullable<State['second']>} second
   * @param {AbortSignal} signal
   * @returns {Promise<Pair>}
   */
  async function work({ photo, result }, second, signal) {
    const [cam, other] = [await networks().first, networks().second];
    if (!other || !last) throw new Error('There is no second network.');
    const { layer, method: asked, colors } = result.settings;
    const scale = result.settings.scale === 'signed' ? 'signed' : 'positive';
    const target = same.checked ? namesake(result.explanation.target, cam.model, second.model) : null;
    const there = second.model.layers.some(({ name }) => name === layer) ? layer : undefined;
    const options = { method: asked, topK: LISTED, signal };
    // In its own place and size: the other network may see another part of the photo.
    const opened = await other.open(await sourceOf(), { signal });
    const [mine, theirs] = [
      await cam.explain(photo, {
        ...options,
        layer,
        target: same.checked ? result.explanation.target.index : undefined,
      }),
      await other.explain(opened, { ...options, layer: there, target: target ?? undefined }),
    ];
    const shared = Math.max(endOf(mine, scale), endOf(theirs, scale));
    const paint = async (
      /** @type {GradCam} */ by,
      /** @type {Explanation} */ explanation,
      /** @type {ImageData} */ crop,
      /** @type {string} */ name,
    ) => {
      const end = own.checked ? endOf(explanation, scale) : shared;
      const heat = await by.paint(explanation.map, {
        colors,
        scale,
        range: end || undefined,
        width: SIZE,
        height: SIZE,
      });
      return { name, explanation, crop, heat, end };
    };
    return {
      sides: [
        await paint(cam, mine, photo.crop, last.checkpoint.name),
        await paint(other, theirs, opened.crop, second.checkpoint.name),
      ],
      legend: await cam.legend({ colors, scale, count: LEGEND_COLORS }),
      scale,
    };
  }

  /** The file of the photo that is shown. */
  function sourceOf() {
    const { shown } = /** @type {State} */ (last);
    return /** @type {NonNullable<State['shown']>} */ (shown).read();
  }

  /** @param {Pair} pair @param {NonNullable<State['second']>} second */
  function show({ sides, legend, scale }, second) {
    const { opacity, model } = /** @type {State} */ (last);
    const wanted = [sides, opacity];
    if (wanted.every((value, index) => value === drawn[index])) return;
    drawn = wanted;
    if (!model) return;
    const models = [model, second.model];
    write(line, verdict(sides, models));
    const layers = sides.map(({ explanation }) => explanation.map.layer);
    const scales = own.checked
      ? 'Each on its own scale: their colours cannot be compared.'
      : 'Both on one scale, in each network’s own logit units.';
    write(
      method,
      `${methodName(sides[0].explanation.map.method)} at ${list([...new Set(layers)])}. ${scales}`,
    );
    sides.forEach(({ name, explanation, crop, heat, end: value }, index) => {
      const { picture, title, detail, colors, low, high, classes } = figures[index];
      const { map, target, predictions } = explanation;
      const context = picture.getContext('2d');
      if (context) {
        context.imageSmoothingQuality = 'high';
        context.drawImage(surface(crop), 0, 0, SIZE, SIZE);
        if (scale === 'signed') removeColors(context);
        context.globalAlpha = opacity;
        context.drawImage(surface(heat), 0, 0, SIZE, SIZE);
        context.globalAlpha = 1;
      }
      colors.getContext('2d')?.putImageData(legend, 0, 0);
      write(title, name);
      const architecture = architectureName(models[index].architecture);
      write(detail, `${architecture}. The map is of “${target.label}”.`);
      write(low, scale === 'signed' ? `−${number(value)}` : '0');
      write(high, number(value));
      classes.replaceChildren(...predictions.map((prediction) => classRow(prediction, target.index)));
      const blank = map.blank ? ' Nothing in it is above zero.' : '';
      picture.setAttribute(
        'aria-label',
        `${name}: map of “${target.label}” over what the network saw, ${legendTitle(map, models[index], scale === 'signed').toLowerCase()}.${blank}`,
      );
    });
  }

  function draw() {
    if (!last) return;
    const { second } = last;
    end.hidden = !second;
    write(chooseButton, second ? 'Choose another' : 'Choose a second network');
    hint.hidden = Boolean(second);
    const subject = studied(last);
    const { model } = last;
    if (!second || !subject || !model || last.tab !== 'models') {
      task.reset();
      body.hidden = !second || !subject;
      sameBox.hidden = true;
      failed.hidden = true;
      if (!second) write(line, 'Would another network have looked at the same places?');
      else if (!subject) write(line, 'Once a photo is explained, both networks’ answers stand here.');
      drawn = [];
      return;
    }
    const { target } = subject.result.explanation;
    const { label } = target;
    const shared = namesake(target, model, second.model) !== null;
    sameBox.hidden = false;
    same.disabled = !shared;
    if (!shared) same.checked = false;
    write(
      sameText,
      shared ? `Map “${label}” in both, not each one’s own answer` : `The second network knows no “${label}”`,
    );
    const { settings } = subject.result;
    const key = [
      keyOfClass(subject.photo, subject.result),
      settings.layer,
      settings.method,
      settings.scale,
      settings.colors,
      numberOf(second),
      same.checked,
      own.checked,
    ].join(' ');
    if (done?.key === key) {
      task.reset();
      show(done.pair, second);
    } else if (subject.current && task.key !== key) {
      failed.hidden = true;
      void task.run(key, (signal) => work(subject, second, signal), {
        done(pair) {
          done = { key, pair };
          draw();
        },
        failed(error) {
          write(failedText, sentence(error));
          failed.hidden = false;
          draw();
        },
      });
    }
    body.hidden = !done;
    if (!done) write(line, 'Asking both…');
    body.classList.toggle('stale', done?.key !== key || !subject.current);
    body.setAttribute('aria-busy', String(task.busy));
  }

  chooseButton.addEventListener('click', choose);
  end.addEventListener('click', () => {
    void networks().hold(null);
    done = null;
    // The button is about to vanish with the focus on it.
    chooseButton.focus();
  });
  same.addEventListener('change', draw);
  own.addEventListener('change', draw);
  element('models-retry', HTMLButtonElement).addEventListener('click', () => {
    task.reset();
    draw();
  });

  return (state) => {
    if (state.second !== last?.second) done = null;
    last = state;
    draw();
  };
}
