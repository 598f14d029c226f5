// Wires state to views: one object says everything that is on the page, `set` changes it and redraws.
// The order of things lives here too: loading the network, opening photos, explaining them, and who may overwrite whom.

import { ownCheckpoint } from './checkpoint/checkpoint.js';
import { createArchives } from './folder/archives.js';
import { classOfFolder } from './folder/expected.js';
import { GradCam, GradCamError } from './gradcam.js';
import { engineByHand, Networks } from './networks.js';
import { linkedClass } from './save/link.js';
import { OpenedLink } from './save/opened-link.js';
import { createFolderStudy } from './view/folder-study/folder-study.js';
import { createLive } from './view/live.js';
import { offeredMethod } from './view/methods.js';
import { PREDICTIONS } from './view/predictions.js';
import { painted } from './view/result.js';
import { createSources, ownPhoto } from './view/sources.js';
import { firstState } from './view/state.js';
import { stopLongTasks } from './view/study/task.js';
import { createViews } from './view/views.js';

/** @typedef {import('./view/state.js').Source} Source */
/** @typedef {import('./view/state.js').State} State */
/** @typedef {import('./view/state.js').Subject} Subject */

const state = firstState();

const link = new OpenedLink();

const live = createLive({
  ready,
  explain: (frame) => explain(subjectOf(ownPhoto(frame, 'Camera'))),
  changed: watch,
  fail,
});
const folderStudy = createFolderStudy({
  models: studiedModels,
  open: show,
  change: (folder) => set({ folder }),
  sentence,
  fail: (error) => fail(sentence(error)),
});
const sources = createSources({
  open: show,
  study: folderStudy.start,
  useNetwork: (file) => useNetwork(async () => ownCheckpoint(file.name, file)),
  nameClasses: (file) => useNetwork(() => named(file)),
  looking: (looking) => set({ looking }),
  openArchive: createArchives(engine),
  fail,
  leaveCamera: live.stop,
});
const views = [
  ...createViews({
    set,
    change,
    engine,
    networks: () => networks,
    chooseEngine,
    tryGpuAgain: () => chooseEngine(state.asked, true),
    retry,
    stop,
    sentence,
  }),
  sources.render,
  folderStudy.render,
  live.render,
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

/** @param {string} message */
function fail(message) {
  set({ error: { message, retry: false } });
}

/** Made below, once the state says which engine to use. @type {Networks} */
let networks;

/** The network that the page asks. */
function engine() {
  return networks.first;
}

/** What becomes of the networks, as the state has it. @type {import('./networks.js').Events} */
const networkEvents = {
  begins: () => set({ error: null }),
  loading: (loading) => set({ loading }),
  failed: (error) => set({ loading: null, error: { message: sentence(error), retry: true } }),
  replaced: (error) => fail(`${sentence(error)} The model of this page takes its place.`),
  version: (version) => set({ version }),
  trying: (trying) => set({ trying }),
  started,
  second: (second) => set({ trying: null, second }),
};

/**
 * Begins anew with a network that has just been loaded.
 *
 * @param {import('./gradcam.js').GradCam} cam
 * @param {State['checkpoint']} checkpoint
 * @param {boolean} first whether none ran before
 */
function started({ model, choice }, checkpoint, first) {
  const notice = state.asked === 'webgpu' ? choice.reason : null;
  // What was chosen for another network has no meaning here.
  const target = first ? linkedClass(state.settings.target, model) : null;
  const expected = first ? linkedClass(state.expected, model) : null;
  const layer = (first && link.layer(model)) || model.layers[model.layers.length - 1].name;
  const offered = offeredMethod(model, state.settings.method);
  const remark = joined(first ? link.remark(model) : null, offered.remark);
  const settings = { ...state.settings, layer, method: offered.method, target };
  const trying = first ? state.trying : null;
  const news = { checkpoint, model, choice, notice, trying, loading: null };
  set({ ...news, settings, expected, expectedFrom: null, remark });
  if (first) return;
  const current = state.incoming ?? state.shown;
  if (current) void show(current);
}

/** Has another network answer from now on, or says why it cannot. @param {() => Promise<State['checkpoint']>} find */
async function useNetwork(find) {
  try {
    set({ error: null });
    await networks.use(await find());
  } catch (error) {
    if (!(error instanceof GradCamError && error.code === 'aborted')) fail(sentence(error));
  }
}

/** The network in use, with the class names that are in a file. @param {File} file */
async function named(file) {
  const labels = await (await engine()).parseLabels(await file.text());
  const { checkpoint } = state;
  return { ...checkpoint, options: { ...checkpoint.options, labels } };
}

/** @param {(string | null)[]} sentences */
function joined(...sentences) {
  return sentences.filter(Boolean).join(' ') || null;
}

function retry() {
  networks.reload();
  if (state.incoming) void explain(state.incoming);
}

/** The networks that a folder is studied with: that of the page, and the one that it is compared with. */
function studiedModels() {
  const { checkpoint, model, second } = state;
  const all = [...(model ? [{ checkpoint, model }] : []), ...(second ? [second] : [])];
  return all.map(({ checkpoint: { name, file, options }, model }) => ({
    name,
    model,
    /** @type {import('./folder/pool.js').StudiedModel['load']} */
    load: (how) => GradCam.load({ ...options, model: file ?? undefined, ...how }),
  }));
}

/** The engine, loaded once more where that failed. */
function ready() {
  return networks.ready();
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
  live.stop();
  const replaced = state.incoming;
  const subject = subjectOf(source);
  void ready();
  const { target, expected } = link.nextClasses(state.model);
  const settings = { ...state.settings, target };
  set({ incoming: subject, error: null, expected, expectedFrom: null, settings });
  if (!state.model) void preview(subject);
  const failed = !(await explain(subject));
  expectFolder(subject);
  // The first photo of a visit is not lost to a second one that turns out not to be a photo.
  if (failed && replaced && !state.incoming && !state.shown) {
    set({ incoming: replaced });
    void explain(replaced);
  }
}

/** Goes where the fragment of the page's address points. */
function follow() {
  const sample = link.read(location.hash, sources.sample);
  set(link.followed(state));
  const current = state.incoming ?? state.shown;
  const { model } = state;
  if (model) {
    const layer = link.layer(model) ?? state.settings.layer;
    const { method, remark } = offeredMethod(model, state.settings.method);
    set({ settings: { ...state.settings, layer, method }, remark: joined(link.remark(model), remark) });
  }
  if (sample || !current) {
    void show(sample ?? sources.first);
    return;
  }
  const { target, expected } = link.nextClasses(state.model);
  set({ expected, settings: { ...state.settings, target } });
  explainAgain();
}

/** Takes a photo's folder at its word, where it is named after a class and nobody has said otherwise. @param {Subject} subject */
function expectFolder(subject) {
  const { model } = state;
  if (!model || (state.incoming ?? state.shown) !== subject || state.expected !== null) return;
  const expected = classOfFolder(subject.folder, model.labels);
  if (expected !== null) set({ expected, expectedFrom: 'folder' });
}

/**
 * @param {Source} source
 * @returns {Subject}
 */
function subjectOf({ name, caption, read, sample, folder }) {
  return { name, caption, read, sample, folder, preview: null, photo: null, result: null };
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

/** @param {Partial<State['settings']>} settings */
function change(settings) {
  set({ settings: { ...state.settings, ...settings }, error: null });
  explainAgain();
}

/** Brings what is on the page to where the settings want it; the camera's next frame gets there by itself. */
function explainAgain() {
  const subject = state.incoming ?? state.shown;
  if (subject && state.model && !state.live?.started) void explain(subject);
}

/**
 * Takes note of how watching live goes on.
 *
 * @param {State['live']} live
 */
function watch(live) {
  const before = state.live;
  set({ live });
  if (!before) set({ error: null });
  // What was chosen for the photo before says nothing about what the camera sees.
  if (live?.started && !before?.started) set({ settings: { ...state.settings, target: null } });
  if (live || !before?.started) return;
  giveUp();
  const subject = state.incoming ?? state.shown;
  if (subject?.result?.settings !== state.settings) explainAgain();
}

let choices = 0;

/**
 * @param {State['asked']} asked
 * @param {boolean} insisting whether it must be said where the GPU does not compute
 */
async function chooseEngine(asked, insisting) {
  const mine = ++choices;
  set({ asked, choosing: true, notice: null });
  stopLongTasks();
  const cam = await engine();
  try {
    const choice = await cam.chooseEngine(asked);
    if (mine !== choices) return;
    set({ choice, choosing: false, notice: insisting ? choice.reason : null });
    explainAgain();
  } catch (error) {
    if (mine !== choices) return;
    set({ asked: cam.choice.asked, choosing: false });
    fail(sentence(error));
  }
}

/** Takes note of a GPU that gave way to the CPU by itself. @param {import('./gradcam.js').GradCam} cam */
function noteEngine({ choice }) {
  if (choice === state.choice || state.choosing) return;
  const lost = state.choice?.engine.kind === 'webgpu' && choice.engine.kind === 'cpu';
  set({ choice, notice: lost ? choice.reason : state.notice });
}

let turn = 0;
let running = new AbortController();

/** Ends what is being explained, and says whose turn it is. */
function giveUp() {
  running.abort();
  set({ busy: false, steps: null });
  return ++turn;
}

/** Gives up what is being explained, and goes back to what is shown. */
function stop() {
  giveUp();
  const { shown } = state;
  if (shown?.result) set({ incoming: null, settings: shown.result.settings });
}

/**
 * Brings a photo to where the settings want it. The newest call wins: an older one neither shows its result nor its error.
 *
 * @param {Subject} subject
 * @returns {Promise<boolean>} false where it failed
 */
async function explain(subject) {
  const mine = giveUp();
  running = new AbortController();
  const { signal } = running;
  set({ busy: !state.live?.started });
  try {
    const cam = await engine();
    if (mine !== turn) return true;
    if (!subject.photo) {
      stopLongTasks();
      const photo = await cam.open(await subject.read(), { signal });
      if (mine !== turn) return true;
      subject.photo = photo;
      subject.preview?.close();
      subject.preview = null;
      set({});
    }
    const result = await ask(cam, subject, subject.photo, signal);
    if (mine !== turn) return true;
    noteEngine(cam);
    subject.result = result;
    set({ shown: subject, incoming: null, busy: false, steps: null });
    return true;
  } catch (error) {
    if (mine !== turn) return true;
    set({ busy: false, steps: null });
    // A network that did not load has said so already, and the photo waits for the next try.
    if (!state.model || (error instanceof GradCamError && error.code === 'aborted')) return true;
    const settings = state.shown?.result?.settings ?? state.settings;
    set({ incoming: null, settings, error: { message: sentence(error), retry: false } });
    return false;
  }
}

/**
 * @param {import('./gradcam.js').GradCam} cam
 * @param {Subject} subject
 * @param {import('./gradcam.js').Photo} photo
 * @param {AbortSignal} signal
 * @returns {Promise<import('./view/state.js').Result>}
 */
async function ask(cam, subject, photo, signal) {
  const { settings } = state;
  const { layer, method, target } = settings;
  const before = subject.result;
  // Other colours need no other map.
  const same =
    before &&
    before.choice === cam.choice &&
    before.settings.layer === layer &&
    before.settings.method === method &&
    (before.explanation.target.index === target || before.settings.target === target);
  if (!same) stopLongTasks();
  const onProgress = (/** @type {State['steps']} */ steps) => set({ steps });
  const asked = { layer, method, target: target ?? undefined, topK: PREDICTIONS, onProgress, signal };
  const explanation = same ? before.explanation : await cam.explain(photo, asked);
  const { model, choice } = cam;
  const { heat, legend } = await painted(cam, photo, explanation, settings, state);
  const forward = explanation.timings.forward || before?.forward || 0;
  return { explanation, heat, legend, settings, model, choice, decode: photo.decode, forward };
}

set({ asked: engineByHand() });
networks = new Networks(() => state.asked, networkEvents);
follow();
addEventListener('hashchange', follow);
