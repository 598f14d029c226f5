// What is on the page, as one object. Views are functions of it; only app.js changes it.

import { SHIPPED } from '../checkpoint/checkpoint.js';

/** @typedef {import('../gradcam.js').EngineChoice} EngineChoice */
/** @typedef {import('../checkpoint/checkpoint.js').Checkpoint} Checkpoint */

/**
 * What the engine is asked for. `target` is null for the predicted class.
 *
 * @typedef {object} Settings
 * @property {string} layer
 * @property {import('../gradcam.js').Method} method
 * @property {number | null} target
 * @property {import('../gradcam.js').Scale} scale
 * @property {import('../gradcam.js').Colors} colors
 */

/**
 * An explanation and the pictures made from it; they change together or not at all.
 *
 * @typedef {object} Result
 * @property {import('../gradcam.js').Explanation} explanation
 * @property {ImageData} heat
 * @property {ImageData} legend
 * @property {Settings} settings
 * @property {import('../gradcam.js').Model} model that answered: the page's may be another by now
 * @property {EngineChoice} choice the decision under which it was computed
 * @property {number} decode milliseconds, as for `forward`: spent once per photo
 * @property {number} forward
 */

/**
 * Where a photo comes from.
 *
 * @typedef {object} Source
 * @property {string} name
 * @property {string} caption
 * @property {() => Promise<Blob | ImageData>} read
 * @property {string} [sample] the name of the sample that it is
 * @property {string | null} folder the name of the folder that it lay in, where the browser tells
 */

/**
 * A photo on its way through the engine; it fills up as the answers come in.
 *
 * @typedef {Source & {
 *   preview: ImageBitmap | null,
 *   photo: import('../gradcam.js').Photo | null,
 *   result: Result | null,
 * }} Subject `preview` is by the browser's own decoder, only until the network is there
 */

/**
 * The camera's picture with its map, frame after frame. `rate` is in frames per second, once there have been some.
 *
 * @typedef {object} Live
 * @property {boolean} started whether there are frames, and not only a camera that is waited for
 * @property {number | null} rate
 */

/**
 * The map of a class that is only pointed at, in the place of a result's: Grad-CAM's at the last layer, whatever the
 * settings say.
 *
 * @typedef {Result & { of: Result }} Preview
 */

/**
 * A place in the picture that is asked about, in shares of the crop's width and height; outside the crop no shares.
 *
 * @typedef {{ x: number, y: number } | 'outside'} Place
 */

/** @typedef {'compare' | 'layers' | 'trust' | 'what-if' | 'models'} Tab What of the study is open. */

/**
 * A folder that is studied as a whole.
 *
 * @typedef {object} Folder
 * @property {string} name
 * @property {import('../folder/photos.js').FolderPhoto[]} photos
 * @property {import('../folder/study.js').Study | null} study null until there is a model to study it with
 * @property {import('../folder/run.js').Progress | null} progress another object after each change, as for the rest
 * @property {import('../folder/selection.js').Choice} choice
 * @property {'gallery' | 'table'} layout
 * @property {number} page from 0
 */

/**
 * @typedef {object} State
 * @property {import('../gradcam.js').Model | null} model
 * @property {Checkpoint} checkpoint where it comes from
 * @property {{ name: string, loaded: number } | null} trying a model that shall take its place, or stand beside it
 * @property {{ checkpoint: Checkpoint, model: import('../gradcam.js').Model } | null} second that it is compared with
 * @property {import('../gradcam.js').Progress | null} loading
 * @property {boolean} busy
 * @property {{ message: string, retry: boolean } | null} error
 * @property {EngineChoice['asked']} asked which engine to use
 * @property {EngineChoice | null} choice and which is used
 * @property {boolean} choosing whether that is being decided
 * @property {string | null} notice why the GPU does not compute, where that must be said
 * @property {Live | null} live
 * @property {Subject | null} shown the last photo that was explained
 * @property {Subject | null} incoming the photo that will take its place
 * @property {Settings} settings
 * @property {number} opacity
 * @property {'overlay' | 'panels'} view
 * @property {Tab} tab
 * @property {number | null} expected the class that the photo shown should have been given, where that is known
 * @property {string} version of the site, once that is known
 * @property {string | null} remark about the link by which the page was opened
 * @property {'folder' | null} expectedFrom what told it, if nobody chose it here
 * @property {Preview | null} preview
 * @property {{ place: Place, by: Means } | null} reading
 * @property {import('../gradcam.js').Steps | null} steps how far the explanation under way is, where it takes many steps
 * @property {boolean} looking whether photos are being looked for in what was dropped or chosen
 * @property {Folder | null} folder
 */

/** @typedef {'pointer' | 'keys'} Means How a place is pointed at. */

/**
 * What the picture of a photo shows: its result, or the preview of another class in place of it.
 *
 * @param {Subject | null} subject
 * @param {Pick<State, 'preview'>} state
 * @returns {Result | null}
 */
export function pictured(subject, { preview }) {
  const result = subject?.result ?? null;
  return result && preview?.of === result ? preview : result;
}

/** @returns {State} */
export function firstState() {
  return {
    model: null,
    checkpoint: SHIPPED,
    trying: null,
    second: null,
    loading: null,
    busy: false,
    error: null,
    asked: 'auto',
    choice: null,
    choosing: false,
    notice: null,
    live: null,
    shown: null,
    incoming: null,
    settings: { layer: '', method: 'grad-cam', target: null, scale: 'positive', colors: 'turbo' },
    opacity: 0.5,
    view: 'overlay',
    tab: 'compare',
    expected: null,
    version: '',
    remark: null,
    expectedFrom: null,
    preview: null,
    reading: null,
    steps: null,
    looking: false,
    folder: null,
  };
}
