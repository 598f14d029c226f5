// "Layers and methods": the same question at every layer, and by every method that answers quickly.
// What is missing is computed one after the other while the tab is open, and given up for whatever else is asked.

import { element, write } from '../element.js';
import { isSlow, methodOf } from '../methods.js';
import { createLayerStrip, stripMethod } from './layer-strip.js';
import { createMethodGallery } from './method-gallery.js';
import { keyOfClass, studied } from './subject.js';
import { Task } from './task.js';
import { paintThumbnail } from './thumbnail.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../state.js').Settings} Settings */
/** @typedef {import('../../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../../gradcam.js').GradCam} GradCam */
/** @typedef {import('../../gradcam.js').Method} Method */
/** @typedef {import('../../gradcam.js').Model} Model */

/**
 * Maps with what they were made for, and their pictures once there are some.
 *
 * @typedef {object} Kept
 * @property {string} key
 * @property {ImageData} crop
 * @property {ClassMap[]} maps
 * @property {Method[]} sameAs
 * @property {ImageData[]} heats
 * @property {string} painted the colours and scale of the pictures
 */

/** @typedef {'strip' | Method} Place */

/**
 * @param {object} actions
 * @param {() => Promise<GradCam>} actions.engine
 * @param {(settings: Partial<Settings>) => void} actions.change
 * @param {(error: unknown) => string} actions.sentence
 * @returns {(state: State) => void}
 */
export function createLayers({ engine, change, sentence }) {
  const empty = element('layers-empty', HTMLElement);
  const body = element('layers-body', HTMLElement);
  const failed = element('layers-failed', HTMLElement);
  const failedText = element('layers-failed-text', HTMLElement);
  const renderStrip = createLayerStrip(change);
  const renderGallery = createMethodGallery(change);
  const task = new Task();
  /** @type {Map<Place, Kept>} */
  const all = new Map();
  /** @type {State | null} */
  let last = null;

  element('layers-again', HTMLButtonElement).addEventListener('click', () => {
    task.reset();
    draw();
  });

  /**
   * What the maps in a place must have been made for.
   *
   * @param {Place} place
   * @param {string} base
   * @param {Settings} settings
   * @param {Model} model
   */
  function keyOf(place, base, { layer, method }, model) {
    if (place === 'strip') return `${base} ${stripMethod(model, method)}`;
    return methodOf(model, place).seesLayer ? `${base} ${layer}` : base;
  }

  /**
   * @param {Place} place
   * @param {NonNullable<ReturnType<typeof studied>>} subject
   * @param {Settings} settings
   * @param {GradCam} cam
   * @param {AbortSignal} signal
   * @returns {Promise<Pick<Kept, 'maps' | 'sameAs'>>}
   */
  async function compute(place, { photo, result }, { layer, method }, cam, signal) {
    const target = result.explanation.target.index;
    if (place === 'strip') {
      return {
        maps: await cam.layerMaps(photo, { method: stripMethod(cam.model, method), target, signal }),
        sameAs: [],
      };
    }
    const { map, sameAs } = await cam.explain(photo, { layer, method: place, target, topK: 1, signal });
    return { maps: [map], sameAs };
  }

  function draw() {
    if (!last) return;
    const { model, settings, tab } = last;
    const subject = studied(last);
    if (!subject?.current || tab !== 'layers') task.reset();
    if (tab !== 'layers') return;
    empty.hidden = Boolean(subject);
    body.hidden = !subject;
    if (!subject || !model) return;

    const { photo, result } = subject;
    const { explanation } = result;
    const { colors, scale } = settings;
    const painted = `${colors} ${scale}`;
    const base = keyOfClass(photo, result);
    const key = (/** @type {Place} */ place) => keyOf(place, base, settings, model);
    const ready = (/** @type {Place} */ place) => all.get(place)?.key === key(place);

    // The page's own map costs nothing more, however slow it was.
    const shown = explanation.map.method;
    if (subject.current && !ready(shown)) {
      const { map, sameAs } = explanation;
      all.set(shown, { key: key(shown), crop: photo.crop, maps: [map], sameAs, heats: [], painted: '' });
    }
    // What would take long is not made again by itself, so nothing of before may stand there.
    const methods = model.methods.flatMap(({ name, unavailable }) => (unavailable === null ? [name] : []));
    const slow = methods.filter((method) => isSlow(model, method, settings.layer));
    for (const method of slow) if (!ready(method)) all.delete(method);

    /** @type {Place[]} */
    const places = ['strip', ...methods.filter((method) => ready(method) || !slow.includes(method))];
    const missing = places.filter((place) => !ready(place) || all.get(place)?.painted !== painted);
    const wanted = `${painted} ${missing.map((place) => key(place)).join()}`;
    if (subject.current && missing.length > 0 && !task.busy && task.key !== wanted) {
      failed.hidden = true;
      const work = async (/** @type {AbortSignal} */ signal) => {
        const cam = await engine();
        for (const place of missing) {
          if (!ready(place)) {
            const made = await compute(place, subject, settings, cam, signal);
            if (signal.aborted) return;
            all.set(place, { ...made, key: key(place), crop: photo.crop, heats: [], painted: '' });
          }
          const kept = /** @type {Kept} */ (all.get(place));
          const heats = await Promise.all(kept.maps.map((map) => paintThumbnail(cam, map, settings)));
          if (signal.aborted) return;
          Object.assign(kept, { heats, painted });
          draw();
        }
      };
      void task.run(wanted, work, {
        done: draw,
        failed(error) {
          write(failedText, sentence(error));
          failed.hidden = false;
        },
      });
    }

    renderStrip(last, all.get('strip'), !ready('strip'));
    renderGallery(last, (method) => ({ kept: all.get(method), stale: !ready(method) }));
  }

  return (state) => {
    last = state;
    draw();
  };
}
