// The photos in what was dropped or chosen: folders of any depth, files, ZIP archives. None of them is read before its turn.

/** @typedef {import('../gradcam.js').Archive} Archive */

/**
 * @typedef {object} FolderPhoto
 * @property {string} name of its file
 * @property {string | null} folder the folders it lies in, from the outermost, with slashes between; null where there is none
 * @property {() => Promise<Blob>} read
 */

/**
 * @typedef {object} Found
 * @property {string | null} name of the folder or the archive, where it is a single one
 * @property {FolderPhoto[]} photos in the order of their names
 */

/** What photos' files end in; those that are not understood here are told one by one, and not passed over. */
const PHOTO = /\.(avif|bmp|gif|heic|heif|jpe|jpe?g|png|tiff?|webp)$/i;

const ORDER = new Intl.Collator('en', { numeric: true });

/** A folder's own photos before those of the folders in it. @param {FolderPhoto} one @param {FolderPhoto} other */
function byPlace(one, other) {
  const places = one.folder === other.folder ? 0 : ORDER.compare(one.folder ?? '', other.folder ?? '');
  return places || ORDER.compare(one.name, other.name);
}

/** @param {{ name: string, type?: string }} file a file of which the name alone may be known */
function isPhoto({ name, type = '' }) {
  // Hidden files of other systems may be called like photos.
  return !name.startsWith('.') && (PHOTO.test(name) || /^image\/(?!svg)/.test(type));
}

/** @param {{ name: string, type: string }} file */
export function isArchive({ name, type }) {
  return /\.zip$/i.test(name) || /^application\/(x-)?zip/.test(type);
}

/** Folders of the system's, not of the visitor's. @param {string} name */
function isHidden(name) {
  return name.startsWith('.') || name === '__MACOSX';
}

/** @param {File} file @returns {FolderPhoto} */
function photoOf(file) {
  const folder = file.webkitRelativePath.split('/').slice(0, -1).join('/');
  return { name: file.name, folder: folder || null, read: async () => file };
}

/**
 * A folder's own photos and those of the folders in it.
 *
 * @param {FileSystemDirectoryEntry} folder
 * @returns {Promise<FolderPhoto[]>}
 */
async function photosIn(folder) {
  const entries = (await entriesOf(folder)).filter(({ name }) => !isHidden(name));
  const path = folder.fullPath.replace(/^\//, '');
  const own = entries
    .filter((entry) => entry.isFile && isPhoto(entry))
    .map((entry) => ({ name: entry.name, folder: path, read: () => fileOf(entry) }));
  const inner = [];
  for (const entry of entries.filter(({ isDirectory }) => isDirectory)) {
    inner.push(await photosIn(/** @type {FileSystemDirectoryEntry} */ (entry)));
  }
  return [own, ...inner].flat();
}

/** @param {FileSystemEntry} entry @returns {Promise<File>} */
function fileOf(entry) {
  return new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
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

/**
 * The photos of an archive, as if it lay unpacked in a folder of its name.
 *
 * @param {File} file
 * @param {(file: Blob) => Promise<Archive>} open
 * @returns {Promise<FolderPhoto[]>}
 */
async function photosOfArchive(file, open) {
  const { names } = await open(file);
  const top = file.name.replace(/\.zip$/i, '');
  return names.map((path, index) => {
    // Some programs pack Windows' own separators.
    const parts = path.split(/[/\\]/);
    const name = parts.pop() ?? '';
    return {
      name,
      folder: [top, ...parts].join('/'),
      // Opened anew each time: whoever had it open may be gone. It is at hand where nobody is.
      read: async () => (await open(file)).read(index),
    };
  });
}

/**
 * @param {(File | FileSystemDirectoryEntry)[]} given
 * @param {(file: Blob) => Promise<Archive>} openArchive opens an archive, or gives what it has opened already
 * @returns {Promise<Found>}
 */
export async function photosAmong(given, openArchive) {
  const found = [];
  for (const each of given) {
    if (!(each instanceof File)) found.push(await photosIn(each));
    else if (isArchive(each)) found.push(await photosOfArchive(each, openArchive));
    else if (isPhoto(each) && !each.webkitRelativePath.split('/').some(isHidden)) found.push(photoOf(each));
  }
  return { name: nameOf(given), photos: found.flat().sort(byPlace) };
}

/** @param {(File | FileSystemDirectoryEntry)[]} given */
function nameOf(given) {
  const names = new Set(
    given.map((each) => {
      if (!(each instanceof File) || isArchive(each)) return each.name;
      return each.webkitRelativePath.split('/')[0] || null;
    }),
  );
  return names.size === 1 ? [...names][0] : null;
}
