// Hands a file to the user, under a name that says what is in it.

/** @typedef {import('../view/state.js').Subject} Subject */

/** As file systems like it. @param {string} text */
export function fileSafe(text) {
  return text.replace(/[^\p{L}\p{N}+.]+/gu, '-').replace(/^-+|-+$/g, '');
}

/**
 * The photo, the class, the layer and the method, as far as file systems like them.
 *
 * @param {Subject} subject
 * @param {string} ending what kind of file it is: `.png`
 */
export function fileName({ name, result }, ending) {
  const parts = [name.replace(/\.[^.]*$/, '')];
  if (result) {
    const { map, target } = result.explanation;
    parts.push(target.label, map.layer, map.method);
  }
  return parts.map(fileSafe).join('_') + ending;
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has begun by then, and the file's worth of memory is free again.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
