// A link that brings the page to the same settings elsewhere. They stand in the fragment, which no browser sends to a
// host. The photo is never in it, nor its name: only that it is one of the samples, which are part of the site.

import { isMethod } from '../view/method-words.js';

/** @typedef {import('../gradcam.js').Model} Model */
/** @typedef {import('../view/state.js').State} State */

/**
 * What a link says, as far as it makes sense; the rest is `null`.
 *
 * @typedef {object} Link
 * @property {string | null} model the first digits of its SHA-256
 * @property {string | null} photo a sample
 * @property {string | null} layer
 * @property {State['settings']['method'] | null} method
 * @property {number | null} target
 * @property {number | null} expected
 * @property {State['settings']['scale'] | null} scale
 * @property {State['settings']['colors'] | null} colors
 * @property {number | null} opacity
 * @property {State['view'] | null} view
 * @property {State['tab'] | null} tab
 */

// Enough to tell models apart, short enough to be looked at.
const DIGITS = 12;

// Longer than any layer's name is in earnest.
const LONGEST_NAME = 300;

/** @type {State['settings']['scale'][]} */
const SCALES = ['positive', 'min-max', 'signed'];
/** @type {State['settings']['colors'][]} */
const COLORS = ['turbo', 'viridis'];
/** @type {State['view'][]} */
const VIEWS = ['overlay', 'panels'];
/** @type {State['tab'][]} */
const TABS = ['compare', 'layers', 'trust', 'what-if', 'models'];

/**
 * @param {State} state
 * @returns {string} the fragment, without its `#`
 */
export function linkOf({ model, shown, settings, expected, opacity, view, tab }) {
  /** @type {Record<string, string | number | null | undefined>} */
  const parts = {
    model: model?.sha256?.slice(0, DIGITS),
    photo: shown?.sample,
    layer: settings.layer,
    method: settings.method,
    class: settings.target,
    expected,
    scale: settings.scale,
    colors: settings.colors,
    opacity: Math.round(opacity * 100),
    view,
    tab,
  };
  const fragment = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) {
    if (value !== null && value !== undefined) fragment.set(name, String(value));
  }
  return fragment.toString();
}

/**
 * Takes from a fragment what it understands, piece by piece: nonsense is as good as nothing.
 *
 * @param {string} fragment with its `#` or without
 * @returns {Link}
 */
export function readLink(fragment) {
  const parts = new URLSearchParams(fragment.replace(/^#/, ''));

  /** @param {string} name @param {RegExp} pattern */
  function text(name, pattern) {
    const value = parts.get(name);
    return value !== null && pattern.test(value) ? value : null;
  }

  /** @param {string} name @param {number} largest */
  function whole(name, largest) {
    const value = text(name, /^\d{1,6}$/);
    return value !== null && Number(value) <= largest ? Number(value) : null;
  }

  /** @template {string} T @param {string} name @param {T[]} values */
  function oneOf(name, values) {
    return values.find((value) => value === parts.get(name)) ?? null;
  }

  const layer = parts.get('layer');
  const method = parts.get('method');
  const opacity = whole('opacity', 100);
  return {
    model: text('model', new RegExp(`^[0-9a-f]{${DIGITS}}$`)),
    photo: text('photo', /^[a-z-]+$/),
    // Networks call their layers what they like; whether one is called so shows when there is a model.
    layer: layer && layer.length <= LONGEST_NAME ? layer : null,
    method: method && isMethod(method) ? method : null,
    target: whole('class', Infinity),
    expected: whole('expected', Infinity),
    scale: oneOf('scale', SCALES),
    colors: oneOf('colors', COLORS),
    opacity: opacity === null ? null : opacity / 100,
    view: oneOf('view', VIEWS),
    tab: oneOf('tab', TABS),
  };
}

/**
 * What of the state a link changes whatever the model.
 *
 * @param {Link} link
 * @param {State} state
 * @returns {Pick<State, 'settings' | 'opacity' | 'view' | 'tab'>}
 */
export function followed(link, { settings, opacity, view, tab }) {
  return {
    settings: {
      ...settings,
      method: link.method ?? settings.method,
      scale: link.scale ?? settings.scale,
      colors: link.colors ?? settings.colors,
    },
    opacity: link.opacity ?? opacity,
    view: link.view ?? view,
    tab: link.tab ?? tab,
  };
}

/**
 * The layer that a link asks for, where the model has it.
 *
 * @param {Link} link
 * @param {Model} model
 */
export function linkedLayer({ layer }, model) {
  return model.layers.find(({ name }) => name === layer)?.name ?? null;
}

/**
 * A class of a link, where the model has it.
 *
 * @param {number | null} index
 * @param {Model} model
 */
export function linkedClass(index, model) {
  return index !== null && index < model.labels.length ? index : null;
}

/**
 * What must be said where a link was made with another model than the one that is loaded.
 *
 * @param {Link} link
 * @param {Model} model
 */
export function modelRemark(link, { sha256 }) {
  if (!link.model || !sha256 || sha256.startsWith(link.model)) return null;
  return 'The link was made with another model than this one: classes, maps and numbers need not be the same.';
}
