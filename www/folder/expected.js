// A folder that is named after its class says what the photos in it should be.

/** For comparing names as folders are called: without case, quotes and what stands for spaces. @param {string} name */
function plain(name) {
  return name
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

/** The number of each class by its plain name: thousands of photos ask for the same labels. @type {WeakMap<string[], Map<string, number>>} */
const known = new WeakMap();

/** @param {string[]} labels */
function numbersOf(labels) {
  let numbers = known.get(labels);
  if (!numbers) {
    // The first of those that are called the same.
    numbers = new Map(labels.map((label, index) => /** @type {const} */ ([plain(label), index])).reverse());
    known.set(labels, numbers);
  }
  return numbers;
}

/**
 * The class that one of a photo's folders is named after, the nearest first: `Pink-Yellow_Dahlia`, `060 pink yellow dahlia`
 * or `test/12.marigold/2024`.
 *
 * @param {string | null} folder with slashes between the folders
 * @param {string[]} labels
 * @returns {number | null}
 */
export function classOfFolder(folder, labels) {
  const numbers = numbersOf(labels);
  for (const name of (folder ?? '').split('/').reverse()) {
    const whole = plain(name);
    const found = numbers.get(whole) ?? numbers.get(whole.replace(/^\d+\s*[.)]?\s*/, ''));
    if (found !== undefined && whole) return found;
  }
  return null;
}

/** Whether two models mean the same class by these names. @param {string} one @param {string} other */
export function sameClass(one, other) {
  return one === other || plain(one) === plain(other);
}
