// A folder that is named after its class says what the photos in it should be.

/** For comparing names as folders are called: without case, quotes and what stands for spaces. @param {string} name */
function plain(name) {
  return name
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

/**
 * The class that a folder is named after, if it is: `Pink-Yellow_Dahlia`, `060 pink yellow dahlia` or `12.marigold`.
 *
 * @param {string | null} folder
 * @param {string[]} labels
 * @returns {number | null}
 */
export function classOfFolder(folder, labels) {
  if (!folder) return null;
  const names = labels.map(plain);
  const whole = plain(folder);
  const index = [whole, whole.replace(/^\d+\s*[.)]?\s*/, '')]
    .map((name) => names.indexOf(name))
    .find((found) => found >= 0);
  return index ?? null;
}

/** @param {{ name: string }} one @param {{ name: string }} other */
function byName(one, other) {
  return one.name.localeCompare(other.name, undefined, { numeric: true });
}

/** @param {File} file */
function isPhoto({ type, name }) {
  // Hidden files of other systems may be called like photos.
  return type.startsWith('image/') && !name.startsWith('.');
}

/**
 * The first photo of a folder that was chosen, by name.
 *
 * @param {File[]} files all that lie in it, at any depth
 * @returns {{ file: File, folder: string | null } | null}
 */
export function firstPhotoOf(files) {
  const named = files.filter(isPhoto).map((file) => ({ file, name: file.webkitRelativePath }));
  const first = named.sort(byName)[0];
  if (!first) return null;
  return { file: first.file, folder: first.name.split('/').at(-2) ?? null };
}

/**
 * The first photo of a folder that was dropped, by name: its own files before those of the folders in it.
 *
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<{ file: File, folder: string | null } | null>}
 */
export async function firstPhotoIn(folder) {
  const entries = (await entriesOf(folder)).sort(byName);
  for (const entry of entries.filter((each) => each.isFile)) {
    const file = await new Promise((resolve, reject) =>
      /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject),
    );
    if (isPhoto(file)) return { file, folder: folder.name };
  }
  for (const entry of entries.filter((each) => each.isDirectory)) {
    const found = await firstPhotoIn(/** @type {FileSystemDirectoryEntry} */ (entry));
    if (found) return found;
  }
  return null;
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    // A few at a time, until there are no more.
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return entries;
    entries.push(...some);
  }
}
