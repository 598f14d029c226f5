// Wires state to views: one object says everything that is on the page, `set` changes it and redraws.
// The order of things lives here too: loading the network, opening photos, explaining them, and who may overwrite whom.

import { ownCheckpoint } from './checkpoint/checkpoint.js';
import { createArchives } from './folder/archives.js';
import { classOfFolder } from './folder/expected.js';
import { GradCam, GradCamError } from './gradcam.js';
import { Networks } from './networks.js';
import { followed, linkedClass, linkedLayer, modelRemark, readLink } from './save/link.js';
import { createCaption } from './view/caption.js';
import { createClasses } from './view/classes.js';
import { createClassMaps } from './view/class-maps.js';
import { createControls } from './view/controls.js';
import { createEngine } from './view/engine.js';
import { createExplainer } from './view/explainer.js';
import { createFolderStudy } from './view/folder-study/folder-study.js';
import { createLegend, LEGEND_COLORS } from './view/legend.js';
import { createLinkNotice } from './view/link-notice.js';
import { createLive } from './view/live.js';
import { offeredMethod } from './view/methods.js';
import { createNetworkDialog } from './view/network/dialog.js';
import { createNetworkLine } from './view/network/line.js';
import { createPicture } from './view/picture.js';
import { createPredictions } from './view/predictions.js';
import { createPreview } from './view/preview.js';
import { createReading } from './view/reading.js';
import { createSave } from './view/save.js';
import { createSources, ownPhoto } from './view/sources.js';
import { firstState } from './view/state.js';
import { createStatus } from './view/status.js';
import { createCompare } from './view/study/compare.js';
import { createLayers } from './view/study/layers.js';
import { createTabs } from './view/study/tabs.js';
import { stopLongTasks } from './view/study/task.js';
import { createTrust } from './view/study/trust.js';
import { createTwoModels } from './view/study/two-models.js';
import { createWhatIf } from './view/study/what-if.js';
import { createUpdate } from './view/update.js';

/** @typedef {import('./view/state.js').Settings} Settings */
/** @typedef {import('./view/state.js').Source} Source */
/** @typedef {import('./view/state.js').State} State */
/** @typedef {import('./view/state.js').Subject} Subject */

const state = firstState();

// Enough for smooth colours on a dense screen, whatever the size of the photo: four pixels per pixel the network saw.
const SMALLEST_HEAT = 896;

// Half of that where the next one takes its place at once.
const SMALLEST_LIVE_HEAT = 448;

/** @type {State['asked'][]} */
const ENGINES = ['auto', 'cpu', 'webgpu'];

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
  useNetwork,
  nameClasses,
  looking: (looking) => set({ looking }),
  openArchive: createArchives(engine),
  fail,
  leaveCamera: live.stop,
});
const networkDialog = createNetworkDialog({ networks: () => networks, sentence });
const classMaps = createClassMaps(engine);
const classPreview = createPreview({ engine, classMaps, set });
const views = [
  createPicture(),
  createReading({ read: (reading) => set({ reading }), classMaps }),
  createCaption(),
  createPredictions((target) => change({ target }), classPreview.point),
  createClasses({ choose: (target) => change({ target }), point: classPreview.point }),
  createControls(change, set),
  createEngine({
    choose: (asked) => chooseEngine(asked, asked === 'webgpu'),
    tryAgain: () => chooseEngine(state.asked, true),
    dismiss: () => set({ notice: null }),
  }),
  createLegend(),
  createStatus({
    retry,
    dismiss: () => set({ error: null }),
    signed: () => change({ scale: 'signed' }),
    stop,
  }),
  createExplainer(() => set({ tab: 'layers' })),
  createSave({ engine, fail: (error) => fail(sentence(error)) }),
  createLinkNotice(() => set({ remark: null })),
  createUpdate(),
  createTabs((tab) => set({ tab })),
  createCompare({
    engine,
    expect: (expected) => set({ expected, expectedFrom: null }),
    sentence,
  }),
  createLayers({ engine, change, sentence }),
  createTrust({ engine, sentence }),
  createWhatIf({ engine, sentence }),
  createTwoModels({ networks: () => networks, choose: () => networkDialog.open('second'), sentence }),
  createNetworkLine(() => networkDialog.open('first'), networkDialog.openNames),
  networkDialog.render,
  classPreview.render,
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

/** Made below, once the state says what shall compute. @type {Networks} */
let networks;

/** The network that the page asks. */
function engine() {
  return networks.first;
}

/**
 * Begins anew with a network that has just been loaded.
 *
 * @param {import('./gradcam.js').GradCam} cam
 * @param {boolean} first whether none ran before
 */
function started({ model, choice }, first) {
  const notice = state.asked === 'webgpu' ? choice.reason : null;
  // What was chosen for another network has no meaning here.
  const kept = first ? state : { settings: { ...state.settings, target: null }, expected: null };
  const layer = (first && linkedLayer(link, model)) || model.layers[model.layers.length - 1].name;
  const offered = offeredMethod(model, kept.settings.method);
  const target = linkedClass(kept.settings.target, model);
  const settings = { ...kept.settings, layer, method: offered.method, target };
  const expected = linkedClass(kept.expected, model);
  const remark = joined(first ? modelRemark(link, model) : null, offered.remark);
  set({ model, choice, notice, loading: null, settings, expected, expectedFrom: null, remark });
  if (first) return;
  const current = state.incoming ?? state.shown;
  if (current) void show(current);
}

/** Has a file that was dropped answer from now on. @param {File} file */
async function useNetwork(file) {
  try {
    set({ error: null });
    await networks.use(ownCheckpoint(file.name, file));
  } catch (error) {
    if (!(error instanceof GradCamError && error.code === 'aborted')) fail(sentence(error));
  }
}

/** Gives the classes of the network in use the names in a file that was dropped. @param {File} file */
async function nameClasses(file) {
  try {
    const labels = await (await engine()).parseLabels(await file.text());
    const { checkpoint } = state;
    await networks.use({ ...checkpoint, options: { ...checkpoint.options, labels } });
  } catch (error) {
    if (!(error instanceof GradCamError && error.code === 'aborted')) fail(sentence(error));
  }
}

/** What the page's address says shall compute, as `?engine=…`. */
function engineByHand() {
  const asked = new URLSearchParams(location.search).get('engine');
  return ENGINES.find((each) => each === asked) ?? 'auto';
}

/** @param {(string | null)[]} sentences */
function joined(...sentences) {
  return sentences.filter(Boolean).join(' ') || null;
}

function retry() {
  networks.reload();
  if (state.incoming) void explain(state.incoming);
}

/** The networks that a folder is studied with: that of the page, and the one that is held against it. */
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
  const { target, expected } = nextClasses();
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

let link = readLink('');

/** How many photos the classes of the link still go for. */
let linked = 0;

/** The classes that the next photo starts with: those of the link, or none. Without a model they are checked later. */
function nextClasses() {
  if (linked-- <= 0) return { target: null, expected: null };
  const { model } = state;
  const [target, expected] = [link.target, link.expected].map((index) =>
    model ? linkedClass(index, model) : index,
  );
  return { target, expected };
}

/** Goes where the fragment of the page's address points. */
function follow() {
  link = readLink(location.hash);
  set(followed(link, state));
  const sample = sources.sample(link.photo);
  const current = state.incoming ?? state.shown;
  // What was said of somebody's own photo, which no link names, goes for the photo here and for the next one opened.
  linked = sample ? 1 : 2;
  const { model } = state;
  if (model) {
    const layer = linkedLayer(link, model) ?? state.settings.layer;
    const { method, remark } = offeredMethod(model, state.settings.method);
    set({ settings: { ...state.settings, layer, method }, remark: joined(modelRemark(link, model), remark) });
  }
  if (sample || !current) {
    void show(sample ?? sources.first);
    return;
  }
  const { target, expected } = nextClasses();
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

/** @param {Partial<Settings>} settings */
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
  const { layer, method, target, scale, colors } = settings;
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
  const asked = { layer, method, target: target ?? undefined, onProgress, signal };
  const explanation = same ? before.explanation : await cam.explain(photo, asked);
  const { model, choice } = cam;

  const [, , cropWidth, cropHeight] = photo.geometry.crop;
  const smallest = state.live?.started ? SMALLEST_LIVE_HEAT : SMALLEST_HEAT;
  const size = Math.max((cropWidth * photo.image.width) / photo.geometry.photo[0], smallest);
  const width = Math.round(size);
  const height = Math.round((size * cropHeight) / cropWidth);
  const last = state.shown?.result;
  const sameColors = last?.settings.colors === colors && last.settings.scale === scale;
  const [heat, legend] = await Promise.all([
    cam.paint(explanation.map, { colors, scale, width, height }),
    sameColors ? last.legend : cam.legend({ colors, scale, count: LEGEND_COLORS }),
  ]);
  const forward = explanation.timings.forward || before?.forward || 0;
  return { explanation, heat, legend, settings, model, choice, decode: photo.decode, forward };
}

set({ asked: engineByHand() });
networks = new Networks({ state, set, changed: started, sentence });
follow();
addEventListener('hashchange', follow);
