// All that draws the page's state and changes nothing else: each view with what it may ask for.

import { createCaption } from './caption.js';
import { createClasses } from './classes.js';
import { createClassMaps } from './class-maps.js';
import { createControls } from './controls.js';
import { createEngine } from './engine.js';
import { createExplainer } from './explainer.js';
import { createLegend } from './legend.js';
import { createLinkNotice } from './link-notice.js';
import { createNetworkDialog } from './network/dialog.js';
import { createNetworkLine } from './network/line.js';
import { createPicture } from './picture.js';
import { createPredictions } from './predictions.js';
import { createPreview } from './preview.js';
import { createReading } from './reading.js';
import { createSave } from './save.js';
import { createStatus } from './status.js';
import { createCompare } from './study/compare.js';
import { createLayers } from './study/layers.js';
import { createTabs } from './study/tabs.js';
import { createTrust } from './study/trust.js';
import { createTwoModels } from './study/two-models.js';
import { createWhatIf } from './study/what-if.js';
import { createUpdate } from './update.js';

/** @typedef {import('./state.js').State} State */

/**
 * @param {object} actions
 * @param {(patch: Partial<State>) => void} actions.set
 * @param {(settings: Partial<State['settings']>) => void} actions.change
 * @param {() => Promise<import('../gradcam.js').GradCam>} actions.engine
 * @param {() => import('../networks.js').Networks} actions.networks
 * @param {(asked: State['asked'], insisting: boolean) => void} actions.chooseEngine
 * @param {() => void} actions.tryGpuAgain
 * @param {() => void} actions.retry
 * @param {() => void} actions.stop
 * @param {(error: unknown) => string} actions.sentence
 * @returns {((state: State) => void)[]}
 */
export function createViews({
  set,
  change,
  engine,
  networks,
  chooseEngine,
  tryGpuAgain,
  retry,
  stop,
  sentence,
}) {
  const dialog = createNetworkDialog({ networks, sentence });
  const classMaps = createClassMaps(engine);
  const preview = createPreview({ engine, classMaps, set });
  return [
    createPicture(),
    createReading({ read: (reading) => set({ reading }), classMaps }),
    createCaption(),
    createPredictions((target) => change({ target }), preview.point),
    createClasses({ choose: (target) => change({ target }), point: preview.point }),
    createControls(change, set),
    createEngine({
      choose: (asked) => chooseEngine(asked, asked === 'webgpu'),
      tryAgain: tryGpuAgain,
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
    createSave({ engine, fail: (error) => set({ error: { message: sentence(error), retry: false } }) }),
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
    createTwoModels({ networks, choose: () => dialog.open('second'), sentence }),
    createNetworkLine(() => dialog.open('first'), dialog.openNames),
    dialog.render,
    preview.render,
  ];
}
