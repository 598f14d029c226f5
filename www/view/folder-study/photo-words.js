// What is said of a photo of the folder, in the gallery and in the table.

/** @typedef {import('../../folder/study.js').Study} Study */

/** @param {boolean | null} right */
export function outcomeWords(right) {
  if (right === null) return '';
  return right ? 'right' : 'wrong';
}

/** The folders that a photo lies in, without the one that all lie in. @param {Study} study @param {number} index */
export function folderWords({ name, photos }, index) {
  const { folder } = photos[index];
  if (!folder || folder === name) return '';
  return folder.startsWith(`${name}/`) ? folder.slice(name.length + 1) : folder;
}
