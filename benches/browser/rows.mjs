// What is timed against what, and the bounds that the project has set itself.

/**
 * Something that is timed: a task of a worker that has been loaded in a certain way.
 * @typedef {{ worker: string, script: string, load: object, task: string, options?: object }} Subject
 * @typedef {{ name: string, what: string, ours: Subject, rival: Subject, against: string, bound: number }} TimedRow
 */

/** Between two builds of ours: no slower, as far as such times can be told apart. */
const SAME_SPEED = 1.03;

/** Where the rows do not name a flavour: the best with one thread. @param {string[]} flavours */
export function usualFlavour(flavours) {
  return flavours.includes('relaxed') ? 'relaxed' : 'simd';
}

/** @param {string} flavour @param {string} task @param {object} [options] @returns {Subject} */
function ours(flavour, task, options) {
  return { worker: `gradcam ${flavour}`, script: 'worker-gradcam.js', load: { flavour }, task, options };
}

/** @param {number} threads @returns {Subject} */
function onnxruntime(threads) {
  return {
    worker: `onnxruntime-web, threads: ${threads}`,
    script: 'worker-onnxruntime.js',
    load: { threads },
    task: 'forward',
  };
}

/** @param {number} target @returns {Subject} */
function tensorflow(target) {
  return {
    worker: 'TensorFlow.js',
    script: 'worker-tensorflow.js',
    load: {},
    task: 'inputGradient',
    options: { target },
  };
}

/** The same on WebGPU. @param {Subject} subject @returns {Subject} */
function onGpu(subject) {
  return { ...subject, worker: `${subject.worker}, WebGPU`, load: { ...subject.load, gpu: true } };
}

/**
 * @param {string[]} flavours that have been built
 * @param {number} target the class that is explained
 * @returns {TimedRow[]}
 */
export function timedRows(flavours, target) {
  const usual = usualFlavour(flavours);
  const one = { rival: onnxruntime(1), against: 'onnxruntime-web, forward' };
  /** @param {string} layer */
  const map = (layer) => ours(usual, 'map', { layer, target });
  /** @type {(TimedRow & { needs?: string })[]} */
  const rows = [
    {
      name: 'forward-relaxed',
      needs: 'relaxed',
      what: 'forward, relaxed SIMD',
      ours: ours('relaxed', 'forward'),
      ...one,
      bound: 0.45,
    },
    {
      name: 'forward-simd',
      needs: 'simd',
      what: 'forward, SIMD',
      ours: ours('simd', 'forward'),
      ...one,
      bound: 0.55,
    },
    {
      name: 'map-layer4.1',
      what: 'forward and Grad-CAM map at `layer4.1`',
      ours: map('layer4.1'),
      ...one,
      bound: 0.47,
    },
    {
      name: 'map-layer1.0',
      what: 'forward and Grad-CAM map at `layer1.0`',
      ours: map('layer1.0'),
      ...one,
      bound: 0.95,
    },
    {
      name: 'input-gradient',
      what: 'forward and gradient at the input',
      ours: ours(usual, 'inputGradient', { target }),
      rival: tensorflow(target),
      against: 'TensorFlow.js, the same',
      bound: 0.1,
    },
    {
      name: 'layer-strip',
      what: 'forward and Grad-CAM maps at all ten layers',
      ours: ours(usual, 'layerMaps', { target }),
      rival: ours(usual, 'inputGradient', { target }),
      against: 'our own forward and gradient at the input',
      bound: 1.3,
    },
    {
      name: 'threads-onnxruntime',
      needs: 'threads',
      what: 'forward, two threads',
      ours: ours('threads', 'forward'),
      rival: onnxruntime(2),
      against: 'onnxruntime-web, forward, two threads',
      bound: 0.5,
    },
    {
      name: 'threads-scaling',
      needs: 'threads',
      what: 'forward, two threads',
      ours: ours('threads', 'forward'),
      rival: ours(usual, 'forward'),
      against: 'the same, one thread',
      bound: 0.6,
    },
  ];
  return rows.filter(({ needs = usual }) => flavours.includes(needs));
}

/**
 * @param {string[]} flavours that have been built
 * @param {number} target the class that is explained
 * @returns {TimedRow[]}
 */
export function webgpuRows(flavours, target) {
  const usual = usualFlavour(flavours);
  return [
    {
      name: 'webgpu-forward',
      what: 'forward, WebGPU',
      ours: onGpu(ours(usual, 'forward')),
      rival: onGpu(onnxruntime(1)),
      against: 'onnxruntime-web, the same',
      bound: 0.15,
    },
    {
      name: 'webgpu-input-gradient',
      what: 'forward and gradient at the input, WebGPU',
      ours: onGpu(ours(usual, 'inputGradient', { target })),
      rival: onGpu(tensorflow(target)),
      against: 'TensorFlow.js, the same',
      bound: 0.2,
    },
  ];
}

/**
 * What is ours in the rows, against the same of another build.
 * @param {TimedRow[]} rows
 * @param {string} build where that lies, from the top of the repository
 * @returns {TimedRow[]}
 */
export function buildRows(rows, build) {
  // Two rows have the same of ours, with threads: one will do, and no rival gives it its name.
  return rows
    .filter(({ name }) => name !== 'threads-scaling')
    .map(({ name, what, ours }) => ({
      name: name === 'threads-onnxruntime' ? 'threads' : name,
      what,
      ours,
      rival: { ...ours, worker: `${ours.worker}, the other build`, load: { ...ours.load, build } },
      against: 'the other build',
      bound: SAME_SPEED,
    }));
}

/**
 * The rows by the pages that they are timed on. Those with threads have pages of their own: even idle, other engines'
 * workers take from the cores that threads are to share.
 * @param {TimedRow[]} rows
 */
export function pages(rows) {
  const threads = (/** @type {TimedRow} */ { name }) => name.startsWith('threads');
  const together = rows.filter((row) => !threads(row));
  const alone = rows.filter(threads).map((row) => [row]);
  return together.length ? [together, ...alone] : alone;
}

/**
 * Says of a row's name whether it is wanted.
 * @param {string[]} names of all rows
 * @param {string | undefined} only the one that is, if not all are
 */
export function selection(names, only) {
  if (only && !names.includes(only))
    throw new Error(`There is no row called ${only}. The rows are: ${names.join(', ')}.`);
  return (/** @type {string} */ name) => !only || only === name;
}
