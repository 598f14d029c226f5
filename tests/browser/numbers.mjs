// What the library says of a photo, to hold the page's numbers against.

/** @typedef {import('playwright-core').Page} Page */

/**
 * Everything about the sample dahlia.jpg at the last layer, asked of an engine of the test's own.
 * @param {Page} page
 */
export function dahlia(page) {
  return page.evaluate(async () => {
    const { GradCam } = await import(new URL('www/gradcam.js', document.baseURI).href);
    const url = (/** @type {string} */ path) => new URL(path, document.baseURI);
    const cam = await GradCam.load({ model: url('www/models/resnet18-flowers102.safetensors') });
    const photo = await cam.open(url('www/photos/dahlia.jpg'));
    const { labels } = cam.model;
    const { predictions } = await cam.explain(photo, { topK: labels.length });
    const maps = await cam.classMaps(photo);
    const cells = maps.width * maps.height;
    /** One map after the other. @type {number[][]} */
    const values = labels.map((/** @type {string} */ _, /** @type {number} */ index) =>
      Array.from(maps.values.subarray(index * cells, (index + 1) * cells)),
    );
    cam.dispose();
    return {
      labels: /** @type {string[]} */ (labels),
      /** Best first. */
      predictions: /** @type {import('../../www/gradcam.js').ClassScore[]} */ (predictions),
      values,
      width: /** @type {number} */ (maps.width),
      height: /** @type {number} */ (maps.height),
    };
  });
}

/**
 * The numbers in a text as the page writes them.
 * @param {string | null} text
 */
export function numbersIn(text) {
  const found = (text ?? '').replaceAll('−', '-').match(/[+-]?\d+(\.\d+)?(e-?\d+)?/g) ?? [];
  return found.map(Number);
}

/**
 * Whether a number is another as the page rounds it: to three digits.
 * @param {number} written
 * @param {number} exact
 */
export function rounds(written, exact) {
  return Math.abs(written - exact) <= 0.006 * Math.abs(exact) + 1e-6;
}
