// Text as markup: whatever a file is called, it is only ever text.

/** @type {Record<string, string>} */
const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @param {string} text */
export function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
