// The manifest of an evidence bundle: torch-cam's `explain` layout, schema version 1 (torchcam.explain), which its tools
// read. What it lacks stands under `context`, and the raw maps as one more file of each artifact.

/** @typedef {import('../gradcam.js').Model} Model */
/** @typedef {import('../gradcam.js').Explanation} Explanation */
/** @typedef {import('../view/state.js').State} State */

/** The files of one map: their names within the bundle. @typedef {{ map: string, heatmap: string, overlay: string, raw: string }} Files */

/** torch-cam's names, where it has the method. @type {Partial<Record<import('../gradcam.js').Method, string>>} */
const METHODS = {
  'grad-cam': 'GradCAM',
  'grad-cam++': 'GradCAMpp',
  'layer-cam': 'LayerCAM',
  'xgrad-cam': 'XGradCAM',
};

/**
 * The names of the files of a map.
 *
 * @param {number} target
 * @param {number} layer its place among the target layers
 * @returns {Files}
 */
export function filesOf(target, layer) {
  const stem = `class-${target}-layer-${layer}`;
  return {
    map: `${stem}.npy`,
    heatmap: `${stem}-heatmap.png`,
    overlay: `${stem}-overlay.png`,
    raw: `${stem}-raw.npy`,
  };
}

/**
 * What a map is of: its layer, or the input where it has a value for each pixel.
 *
 * @param {Explanation} explanation
 * @param {Model} model
 */
function targetLayers({ map }, { layers }) {
  const own = layers.some(
    ({ name, width, height }) => name === map.layer && width === map.width && height === map.height,
  );
  return [own ? map.layer : 'input'];
}

/**
 * What else is needed to do it again; torch-cam wants strings alone.
 *
 * @param {State} state
 * @param {Model} model
 * @param {Explanation} explanation
 */
function contextOf({ settings, shown }, model, { map, engine }) {
  /** @type {Record<string, string>} */
  const context = {
    engine: engine.kind,
    layer: map.layer,
    method: map.method,
    unit: map.unit,
    scale: settings.scale,
    colors: settings.scale === 'signed' ? 'diverging' : settings.colors,
    normalisation: 'ReLU, divided by the maximum; raw values in the files under "raw"',
    file: shown?.name ?? '',
  };
  if (model.sha256) context.model_sha256 = model.sha256;
  if (engine.kind === 'webgpu') {
    if (engine.adapter) context.adapter = engine.adapter;
  } else {
    context.simd = engine.simd;
    context.threads = String(engine.threads);
  }
  return context;
}

/**
 * @param {State} state
 * @param {Model} model
 * @param {Explanation[]} explanations one for each class, of the same photo, layer and method
 * @param {number | null} expected
 */
export function manifestOf(state, model, explanations, expected) {
  const [{ predictions, map }] = explanations;
  const layers = targetLayers(explanations[0], model);
  /** @param {number} index */
  const reference = (index) => ({ class_idx: index, class_name: model.labels[index] });
  return {
    schema_version: 1,
    prediction: reference(predictions[0].index),
    expected: expected === null ? null : reference(expected),
    classes: Object.fromEntries(
      explanations.map(({ target: { index, logit, probability } }) => [
        index,
        {
          ...reference(index),
          logit,
          probability,
          artifacts: [{ target_layers: layers, ...filesOf(index, 0) }],
        },
      ]),
    ),
    method: METHODS[map.method] ?? map.method,
    target_layers: layers,
    model: model.architecture,
    input_shape: [1, 3, model.inputSize, model.inputSize],
    versions: { gradcam: state.version },
    image_size: [model.inputSize, model.inputSize],
    input_image: 'input.png',
    // Of the photo in the overlay, where ours is of the map.
    alpha: Number((1 - state.opacity).toFixed(2)),
    context: contextOf(state, model, explanations[0]),
  };
}

/**
 * As Python's `json.dumps(…, indent=2, sort_keys=True, allow_nan=False)`: keys by their characters, which numbers as
 * keys of an object would not keep to.
 *
 * @param {unknown} value
 * @param {string} [indent]
 * @returns {string}
 */
export function sortedJson(value, indent = '') {
  const inner = `${indent}  `;
  /** @param {string} open @param {string[]} items @param {string} close */
  const block = (open, items, close) =>
    items.length ? `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}` : open + close;
  if (Array.isArray(value))
    return block(
      '[',
      value.map((each) => sortedJson(each, inner)),
      ']',
    );
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return block(
      '{',
      entries.map(([key, each]) => `${JSON.stringify(key)}: ${sortedJson(each, inner)}`),
      '}',
    );
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error('A number that is not finite cannot be written down.');
  }
  return JSON.stringify(value);
}
