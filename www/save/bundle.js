// The evidence bundle: what the network saw, the maps of the classes in question as numbers and as pictures, and the
// manifest that says what they are. It comes last: where it is there, the bundle is complete.

import { canvasOf, overlaid, pngOf } from './canvas.js';
import { filesOf, manifestOf, sortedJson } from './manifest.js';

/** @typedef {import('../gradcam.js').GradCam} GradCam */
/** @typedef {import('../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../gradcam.js').Explanation} Explanation */
/** @typedef {import('../view/state.js').State} State */
/** @typedef {{ name: string, bytes: Uint8Array }} File */

/** ReLU, divided by the maximum: a blank map stays zero. @param {ClassMap} map */
function normalised({ width, height, values, maximum }) {
  return { width, height, values: values.map((value) => (value > 0 ? value / maximum : 0)) };
}

/** A map from 0 to 1 in grey, each value a pixel. @param {ReturnType<typeof normalised>} map */
function greyOf({ width, height, values }) {
  const picture = new ImageData(width, height);
  values.forEach((value, index) => {
    const level = Math.round(255 * value);
    picture.data.set([level, level, level, 255], 4 * index);
  });
  return picture;
}

/** @param {HTMLCanvasElement} canvas */
async function pngBytes(canvas) {
  return new Uint8Array(await (await pngOf(canvas)).arrayBuffer());
}

/**
 * The files of one class.
 *
 * @param {GradCam} cam
 * @param {Explanation} explanation
 * @param {ImageData} crop
 * @param {State} state
 * @returns {Promise<File[]>}
 */
async function filesOfClass(cam, { map, target }, crop, { settings: { scale, colors }, opacity }) {
  const names = filesOf(target.index, 0);
  const share = normalised(map);
  const { width, height } = crop;
  const [numbers, raw, heat] = await Promise.all([
    cam.npy(share),
    cam.npy(map),
    cam.paint(map, { width, height, scale, colors }),
  ]);
  return [
    { name: names.map, bytes: numbers },
    { name: names.heatmap, bytes: await pngBytes(canvasOf(greyOf(share))) },
    { name: names.overlay, bytes: await pngBytes(overlaid(crop, heat, opacity)) },
    { name: names.raw, bytes: raw },
  ];
}

/**
 * Of the predicted class, the one whose map is shown, and the expected one.
 *
 * @param {State} state
 * @param {GradCam} cam
 * @param {AbortSignal} signal
 * @returns {Promise<Blob>}
 */
export async function bundleOf(state, cam, signal) {
  const { shown, expected } = state;
  if (!shown?.photo || !shown.result) throw new Error('There is no explained photo to make a bundle of.');
  const { photo } = shown;
  const { explanation, settings } = shown.result;
  const { layer, method } = settings;
  const classes = new Set([explanation.predictions[0].index, explanation.target.index]);
  if (expected !== null) classes.add(expected);
  /** @type {Explanation[]} */
  const explanations = [];
  for (const target of [...classes].sort((a, b) => a - b)) {
    const known = target === explanation.target.index;
    explanations.push(known ? explanation : await cam.explain(photo, { layer, method, target, signal }));
  }
  /** @type {File[]} */
  const files = [{ name: 'input.png', bytes: await pngBytes(canvasOf(photo.crop)) }];
  for (const each of explanations) files.push(...(await filesOfClass(cam, each, photo.crop, state)));
  const manifest = sortedJson(manifestOf(state, cam.model, explanations, expected));
  files.push({ name: 'manifest.json', bytes: new TextEncoder().encode(`${manifest}\n`) });
  return cam.zip(files);
}
