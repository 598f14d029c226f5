// The map of the class that is pointed at, in place of the chosen one's: painted from the maps of all classes, which are
// there before anybody asks.

import { Scores } from '../engine/scores.js';
import { classMap } from './class-maps.js';
import { methodName } from './method-words.js';

/** @typedef {import('./state.js').Preview} Preview */
/** @typedef {import('./state.js').Result} Result */
/** @typedef {import('./state.js').State} State */

/**
 * What sets a preview apart from the map that the settings ask for, if anything does.
 *
 * @param {Result | Preview} result
 */
export function previewRemark(result) {
  if (!('of' in result)) return '';
  const { layer, method } = result.explanation.map;
  const { settings } = result.of;
  if (settings.layer === layer && settings.method === method) return '';
  return `${layer}, ${methodName(method)} preview`;
}

/**
 * @param {object} needs
 * @param {() => Promise<import('../gradcam.js').GradCam>} needs.engine
 * @param {ReturnType<typeof import('./class-maps.js').createClassMaps>} needs.classMaps
 * @param {(patch: Pick<State, 'preview'>) => void} needs.set
 * @returns {{ point: (target: number | null) => void, render: (state: State) => void }}
 */
export function createPreview({ engine, classMaps, set }) {
  /** @type {State | null} */
  let last = null;
  /** The class that is pointed at. @type {number | null} */
  let wanted = null;
  let painting = false;
  /** @type {State['shown']} */
  let subject = null;

  /** What is to be painted now, if that is not on the page already. */
  function missing() {
    if (!last || wanted === null || last.live || last.incoming) return null;
    const { shown, preview } = last;
    const { photo, result } = shown ?? {};
    if (!photo || !result || result.explanation.target.index === wanted) return null;
    if (preview?.of === result && preview.explanation.target.index === wanted) return null;
    return { photo, result, target: wanted };
  }

  /** @param {NonNullable<ReturnType<typeof missing>>} what */
  async function paint({ photo, result, target }) {
    const cam = await engine();
    const maps = await classMaps.of(photo);
    if (!maps) {
      wanted = null;
      return;
    }
    const map = classMap(maps, target, photo.geometry);
    const { colors, scale } = result.settings;
    const { inputSize } = cam.model;
    const heat = await cam.paint(map, { colors, scale, width: inputSize, height: inputSize });
    // Classes that the pointer has left by now are not shown any more.
    if (wanted !== target || last?.shown?.result !== result) return;
    const { layer, method } = map;
    const scores = new Scores(result.explanation.logits, result.model);
    const explanation = { ...result.explanation, target: scores.of(target), map };
    const preview = {
      ...result,
      explanation,
      heat,
      settings: { ...result.settings, layer, method, target },
      of: result,
    };
    set({ preview });
  }

  /** One picture after the other, always of the newest class: those in between are never begun. */
  async function follow() {
    if (painting) return;
    painting = true;
    try {
      for (let what = missing(); what; what = missing()) await paint(what);
    } catch {
      // The engine is being restarted, and whatever is asked next says so. A preview is no reason for a message.
      wanted = null;
    }
    painting = false;
  }

  /** Goes back to the chosen class where none is pointed at, or that one is. */
  function clear() {
    const chosen = last?.shown?.result?.explanation.target.index;
    if (last?.preview && (wanted === null || wanted === chosen)) set({ preview: null });
  }

  return {
    point(target) {
      wanted = target;
      // From one class to the next the pointer leaves the one before it enters the other: no picture in between.
      if (target === null) setTimeout(clear);
      else {
        clear();
        void follow();
      }
    },
    render(state) {
      last = state;
      const { shown, incoming, live } = state;
      // What was pointed at is another class in the list of another photo.
      if (shown !== subject) wanted = null;
      subject = shown;
      if (!shown?.photo || !shown.result || incoming || live) return;
      // At once, while the photo is open in the engine: whoever points at a class later does not wait.
      classMaps.of(shown.photo).catch(() => {});
      clear();
      void follow();
    },
  };
}
