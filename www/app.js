// Wires state to views: one object says everything that is on the page, `set` changes it and redraws.
// The order of things lives here too: loading the network, opening photos, explaining them, and who may overwrite whom.

import { GradCam, GradCamError } from './gradcam.js';
import { askForIsolation } from './isolation.js';
import { createCaption } from './view/caption.js';
import { createControls } from './view/controls.js';
import { createExplainer } from './view/explainer.js';
import { createLegend, LEGEND_COLORS } from './view/legend.js';
import { createPicture } from './view/picture.js';
import { createPredictions, PREDICTIONS } from './view/predictions.js';
import { createSave } from './view/save.js';
import { createSources } from './view/sources.js';
import { firstState } from './view/state.js';
import { createStatus } from './view/status.js';

/** @typedef {import('./view/state.js').Settings} Settings */
/** @typedef {import('./view/state.js').Source} Source */
/** @typedef {import('./view/state.js').State} State */
/** @typedef {import('./view/state.js').Subject} Subject */

const state = firstState();

// Enough for smooth colours on a dense screen, whatever the size of the photo: four pixels per pixel the network saw.
const SMALLEST_HEAT = 896;

const sources = createSources(show, (message) => set({ error: { message, retry: false } }));
const views = [
  createPicture(),
  createCaption(),
  createPredictions((target) => change({ target })),
  createControls(change, set),
  createLegend(),
  createStatus({ retry, dismiss: () => set({ error: null }), signed: () => change({ scale: 'signed' }) }),
  createExplainer(),
  createSave(),
  sources.render,
];

let scheduled = false;

/** @param {Partial<State>} patch */
function set(patch) {
  Object.assign(state, patch);
  if (scheduled) return;
  scheduled = true;
  queueMicrotask(() => {
    scheduled = false;
    views.forEach((render) => render(state));
  });
}

/** @type {Promise<GradCam>} */
let engine;

function load() {
  set({ loading: { phase: 'download', loaded: 0, total: null }, error: null });
  engine = fetchManifest().then(({ url, bytes, sha256 }) =>
    GradCam.load({
      model: new URL(url, document.baseURI),
      bytes,
      sha256,
      ...chosenByHand(),
      onProgress: (loading) => set({ loading }),
    }),
  );
  engine.then(
    ({ model }) => {
      const layer = model.layers[model.layers.length - 1].name;
      set({ model, loading: null, settings: { ...state.settings, layer } });
    },
    (error) => set({ loading: null, error: { message: sentence(error), retry: true } }),
  );
}

/** The build of the engine that the page's address asks for: `?flavour=…&threads=…`, for tests and the curious. */
function chosenByHand() {
  const asked = new URLSearchParams(location.search);
  return {
    flavour: /** @type {import('./gradcam.js').Flavour | undefined} */ (asked.get('flavour') ?? undefined),
    threads: Number(asked.get('threads')),
  };
}

/** @returns {Promise<{ url: string, bytes: number, sha256: string }>} */
async function fetchManifest() {
  const response = await fetch(new URL('manifest.json', document.baseURI)).catch(() => null);
  if (response?.ok) return (await response.json()).model;
  throw new GradCamError(
    'model-download',
    'The model could not be downloaded. Check the connection and try again.',
  );
}

function retry() {
  load();
  if (state.incoming) void explain(state.incoming);
}

/** @param {unknown} error */
function sentence(error) {
  if (error instanceof GradCamError) return error.message;
  console.error(error);
  return 'Something unexpected went wrong. Reload the page to start again.';
}

/**
 * Takes in a new photo. Whatever is shown stays until the new one is explained, and comes back if it cannot be.
 *
 * @param {Source} source
 */
async function show(source) {
  const replaced = state.incoming;
  /** @type {Subject} */
  const subject = { ...source, preview: null, photo: null, result: null };
  if (!state.model && !state.loading) load();
  set({ incoming: subject, error: null, settings: { ...state.settings, target: null } });
  if (!state.model) void preview(subject);
  const failed = !(await explain(subject));
  // The first photo of a visit is not lost to a second one that turns out not to be a photo.
  if (failed && replaced && !state.incoming && !state.shown) {
    set({ incoming: replaced });
    void explain(replaced);
  }
}

/** @param {Subject} subject */
async function preview(subject) {
  // What the browser cannot decode shows up with the engine's answer.
  const bitmap = await subject
    .read()
    .then((blob) => createImageBitmap(blob))
    .catch(() => null);
  if (subject.photo) return;
  subject.preview = bitmap;
  set({});
}

/** @param {Partial<Settings>} settings */
function change(settings) {
  set({ settings: { ...state.settings, ...settings }, error: null });
  const subject = state.incoming ?? state.shown;
  if (subject && state.model) void explain(subject);
}

let turn = 0;
let running = new AbortController();

/**
 * Brings a photo to where the settings want it. The newest call wins: an older one neither shows its result nor its error.
 *
 * @param {Subject} subject
 * @returns {Promise<boolean>} false where it failed
 */
async function explain(subject) {
  const mine = ++turn;
  running.abort();
  running = new AbortController();
  const { signal } = running;
  set({ busy: true });
  try {
    const cam = await engine;
    if (mine !== turn) return true;
    if (!subject.photo) {
      const photo = await cam.open(await subject.read(), { signal });
      if (mine !== turn) return true;
      subject.photo = photo;
      subject.preview?.close();
      subject.preview = null;
      set({});
    }
    const result = await ask(cam, subject, subject.photo, signal);
    if (mine !== turn) return true;
    subject.result = result;
    set({ shown: subject, incoming: null, busy: false });
    return true;
  } catch (error) {
    if (mine !== turn) return true;
    set({ busy: false });
    // A network that did not load has said so already, and the photo waits for the next try.
    if (!state.model || (error instanceof GradCamError && error.code === 'aborted')) return true;
    const settings = state.shown?.result?.settings ?? state.settings;
    set({ incoming: null, settings, error: { message: sentence(error), retry: false } });
    return false;
  }
}

/**
 * @param {GradCam} cam
 * @param {Subject} subject
 * @param {import('./gradcam.js').Photo} photo
 * @param {AbortSignal} signal
 * @returns {Promise<import('./view/state.js').Result>}
 */
async function ask(cam, subject, photo, signal) {
  const settings = { ...state.settings };
  const { layer, method, target, scale, colors } = settings;
  const before = subject.result;
  // Other colours need no other map.
  const same =
    before &&
    before.settings.layer === layer &&
    before.settings.method === method &&
    (before.explanation.target.index === target || before.settings.target === target);
  const explanation = same
    ? before.explanation
    : await cam.explain(photo, { layer, method, target: target ?? undefined, topK: PREDICTIONS, signal });

  const [, , cropWidth, cropHeight] = photo.geometry.crop;
  const size = Math.max((cropWidth * photo.image.width) / photo.geometry.photo[0], SMALLEST_HEAT);
  const width = Math.round(size);
  const height = Math.round((size * cropHeight) / cropWidth);
  const [heat, legend] = await Promise.all([
    cam.paint(explanation.map, { colors, scale, width, height }),
    cam.legend({ colors, scale, count: LEGEND_COLORS }),
  ]);
  const forward = explanation.timings.forward || before?.forward || 0;
  return { explanation, heat, legend, settings, decode: photo.decode, forward };
}

load();
void show(sources.first);
void askForIsolation();
