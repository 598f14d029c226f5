// Opens archives with whichever network the page asks at the time: it may take another while a folder is studied.

/** @typedef {import('../gradcam.js').Archive} Archive */
/** @typedef {import('../gradcam.js').GradCam} GradCam */

/**
 * @param {() => Promise<GradCam>} engine
 * @returns {(file: Blob) => Promise<Archive>}
 */
export function createArchives(engine) {
  /** @type {WeakMap<GradCam, WeakMap<Blob, Promise<Archive>>>} */
  const opened = new WeakMap();
  return async (file) => {
    const cam = await engine();
    const archives = opened.get(cam) ?? new WeakMap();
    opened.set(cam, archives);
    const archive = archives.get(file) ?? cam.openArchive(file);
    archives.set(file, archive);
    return archive;
  };
}
