// Makes elements, with what they are to have and to hold.

/** @typedef {Node | string | null} Child null where there is none after all */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | boolean | null>} attributes true for one without a value; null or false for none
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/**
 * A button that does something.
 *
 * @param {Record<string, string | boolean | null>} attributes
 * @param {() => void} act
 * @param {Child[]} children
 */
export function makeButton(attributes, act, ...children) {
  const button = make('button', { type: 'button', ...attributes }, ...children);
  button.addEventListener('click', act);
  return button;
}

/**
 * Fills an element anew, and leaves the focus where it was: on what is called the same now.
 *
 * @param {HTMLElement} root
 * @param {Child[]} children
 */
export function refill(root, ...children) {
  const { activeElement } = document;
  const key =
    root.contains(activeElement) && activeElement instanceof HTMLElement ? activeElement.dataset.key : null;
  root.replaceChildren(...children.filter((child) => child !== null));
  if (!key || document.activeElement === activeElement) return;
  const same = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (same instanceof HTMLElement) same.focus({ preventScroll: true });
}
