// The maps of all classes, asked for once per photo and kept, and what they say of a class and of a place.

/** @typedef {import('../gradcam.js').ClassMap} ClassMap */
/** @typedef {import('../gradcam.js').ClassMaps} ClassMaps */
/** @typedef {import('../gradcam.js').Geometry} Geometry */
/** @typedef {import('../gradcam.js').Photo} Photo */

/** How much a place adds to the logit of a class. @typedef {{ index: number, value: number }} Vote */

/** @param {() => Promise<import('../gradcam.js').GradCam>} engine */
export function createClassMaps(engine) {
  /** @type {WeakMap<Photo, Promise<ClassMaps | null>>} */
  const asked = new WeakMap();
  /** @type {WeakMap<Photo, ClassMaps | null>} */
  const known = new WeakMap();

  /** @param {Photo} photo */
  async function ask(photo) {
    const maps = await (await engine()).classMaps(photo);
    known.set(photo, maps);
    return maps;
  }

  return {
    /**
     * Asks for them, unless that has been done. Null where the network's head has none.
     *
     * @param {Photo} photo
     * @returns {Promise<ClassMaps | null>}
     */
    of(photo) {
      let promise = asked.get(photo);
      if (!promise) {
        promise = ask(photo);
        asked.set(photo, promise);
        // An engine that broke down is replaced: the next one who asks may have more luck.
        promise.catch(() => asked.delete(photo));
      }
      return promise;
    },

    /**
     * Those that are there already.
     *
     * @param {Photo} photo
     */
    known: (photo) => known.get(photo) ?? null,
  };
}

/**
 * One class's map, as `explain` would give it.
 *
 * @param {ClassMaps} maps
 * @param {number} target
 * @param {Geometry} geometry
 * @returns {ClassMap}
 */
export function classMap({ width, height, layer, values: all }, target, geometry) {
  const cells = width * height;
  const values = all.slice(target * cells, (target + 1) * cells);
  const maximum = Math.max(...values);
  const cell = values.indexOf(maximum);
  const [row, column] = [Math.floor(cell / width), cell % width];
  const [left, top, cropWidth, cropHeight] = geometry.crop;
  const x = left + ((column + 0.5) * cropWidth) / width;
  const y = top + ((row + 0.5) * cropHeight) / height;
  return {
    width,
    height,
    values,
    layer,
    method: 'grad-cam',
    target,
    unit: 'logit',
    minimum: Math.min(...values),
    maximum,
    peak: { row, column, value: maximum, x, y },
    blank: maximum <= 0,
  };
}

/**
 * The classes that a cell speaks for most, and those that it speaks against: the head is linear, so that a class's logit
 * is its bias and the sum of its map (Zhou et al. 2016, "Learning Deep Features for Discriminative Localization").
 *
 * @param {ClassMaps} maps
 * @param {number} row
 * @param {number} column
 * @param {number} count at most, of each kind
 * @returns {{ adds: Vote[], takes: Vote[] }} the largest first
 */
export function votes({ width, height, values }, row, column, count) {
  const cells = width * height;
  const ranked = Array.from({ length: values.length / cells }, (_, index) => ({
    index,
    value: values[index * cells + row * width + column],
  })).sort((one, other) => other.value - one.value);
  return {
    adds: ranked.slice(0, count).filter(({ value }) => value > 0),
    takes: ranked
      .slice(-count)
      .filter(({ value }) => value < 0)
      .reverse(),
  };
}
