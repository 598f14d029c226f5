// What the page calls each method and says of it. What a method is and does, the engine says: see `methods.js`. Its formula
// is a template in index.html.

/** @typedef {import('../gradcam.js').Method} Method */
/** @typedef {import('../gradcam.js').MethodTraits} MethodTraits */
/** @typedef {import('../gradcam.js').Model} Model */

/**
 * @typedef {object} MethodWords
 * @property {string} name
 * @property {Group} group where it stands
 * @property {string} line what it does
 * @property {string} paper its title; who wrote it, and where it is found, stands in the engine's table
 * @property {(method: MethodTraits, model: Model) => string} [cost] how long it takes, where that is long
 * @property {string} [instead] what it looks at where it sees no layer
 */

/** @typedef {'one' | 'several' | 'pixels'} Group From how much of the network a map is made. */

/** @type {Record<Group, { title: string, hint: string }>} */
export const GROUPS = {
  one: { title: 'From one layer', hint: 'Coarse cells, one for each place of the chosen layer.' },
  several: { title: 'From several layers', hint: 'One map of all stages of the network.' },
  pixels: {
    title: 'For every pixel',
    hint: 'All the way back to the photo: fine grain, but more noise.',
  },
};

const GRAD_CAM = 'Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization';
const LAYER_CAM = 'LayerCAM: Exploring Hierarchical Class Activation Maps for Localization';

const TO_THE_PHOTO = 'it goes back to the photo itself';

/** @type {Record<Method, MethodWords>} */
const WORDS = {
  'grad-cam': {
    name: 'Grad-CAM',
    group: 'one',
    line: 'Weighs each channel by its mean gradient. The one to start with.',
    paper: GRAD_CAM,
  },
  'hires-cam': {
    name: 'HiResCAM',
    group: 'one',
    line: 'Counts every cell with its own gradient, so that nothing is averaged away.',
    paper: 'Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks',
  },
  'layer-cam': {
    name: 'LayerCAM',
    group: 'one',
    line: 'Only gradients that argue for the class count: sharp at early layers too.',
    paper: LAYER_CAM,
  },
  'xgrad-cam': {
    name: 'XGrad-CAM',
    group: 'one',
    line: 'Weighs each channel by its gradient where the channel is active.',
    paper: 'Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs',
  },
  'grad-cam++': {
    name: 'Grad-CAM++',
    group: 'one',
    line: 'Lets several small regions count like one large one.',
    paper: 'Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep Convolutional Networks',
  },
  'eigen-cam': {
    name: 'Eigen-CAM',
    group: 'one',
    line: 'Shows what stands out most to the layer, whatever the class.',
    paper: 'Eigen-CAM: Class Activation Map using Principal Components',
  },
  'ablation-cam': {
    name: 'Ablation-CAM',
    group: 'one',
    line: 'Switches channels off one by one and sees what the answer loses.',
    cost: (_, { linearHeadLayer, layers }) =>
      linearHeadLayer === null
        ? 'Slow: a pass for every channel.'
        : `Quick at ${linearHeadLayer === layers.at(-1)?.name ? 'the last layer' : linearHeadLayer}; ` +
          'slow elsewhere, with a pass for every channel.',
    paper: 'Ablation-CAM: Visual Explanations for Deep Convolutional Network via Gradient-free Localization',
  },
  'finer-cam': {
    name: 'Finer-CAM',
    group: 'one',
    line: 'Leaves out what the class shares with those most like it.',
    paper: 'Finer-CAM: Spotting the Difference Reveals Finer Details for Visual Explanation',
  },
  'layer-cam-fused': {
    name: 'LayerCAM, fused',
    group: 'several',
    line: 'Joins the fine cells of early layers with the certainty of late ones.',
    instead: 'it joins the last of every stage',
    paper: LAYER_CAM,
  },
  'input-gradient': {
    name: 'Input gradient',
    group: 'pixels',
    line: 'Which pixels would change the answer fastest if they changed a little. Noisy.',
    instead: TO_THE_PHOTO,
    paper: 'Deep Inside Convolutional Networks: Visualising Image Classification Models and Saliency Maps',
  },
  'smooth-grad': {
    name: 'SmoothGrad',
    group: 'pixels',
    line: 'The input gradient, averaged over noisy copies of the photo: less noise.',
    cost: ({ passes }) => `Slow: a pass forward and back for each of ${passes} copies.`,
    instead: TO_THE_PHOTO,
    paper: 'SmoothGrad: removing noise by adding noise',
  },
  'integrated-gradients': {
    name: 'Integrated gradients',
    group: 'pixels',
    line: 'Divides the logit’s rise from a plain grey photo among the pixels; the parts add up.',
    cost: ({ passes }) => `Slow: ${passes} passes forward and back.`,
    instead: TO_THE_PHOTO,
    paper: 'Axiomatic Attribution for Deep Networks',
  },
  'guided-backprop': {
    name: 'Guided backpropagation',
    group: 'pixels',
    line: 'Follows only what pushes the answer up, back to the pixels: crisp edges.',
    instead: TO_THE_PHOTO,
    paper: 'Striving for Simplicity: The All Convolutional Net',
  },
  'guided-grad-cam': {
    name: 'Guided Grad-CAM',
    group: 'pixels',
    line: 'Guided backpropagation, kept only where Grad-CAM is warm.',
    paper: GRAD_CAM,
  },
};

/** @param {Method} method */
export function methodWords(method) {
  return WORDS[method];
}

/** @param {Method} method */
export function methodName(method) {
  return WORDS[method].name;
}

/** Whether a text is the name by which programs know a method. @param {string} name @returns {name is Method} */
export function isMethod(name) {
  return Object.hasOwn(WORDS, name);
}
