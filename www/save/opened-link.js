// The link by which the page was opened, and what of it is still to come into its own: the classes wait for a photo, the
// layer for a model.

import { followed, linkedClass, linkedLayer, modelRemark, readLink } from './link.js';

/** @typedef {import('../gradcam.js').Model} Model */
/** @typedef {import('../view/state.js').Source} Source */
/** @typedef {import('../view/state.js').State} State */

export class OpenedLink {
  #link = readLink('');
  /** How many photos its classes still go for. */
  #photos = 0;

  /**
   * Takes in the fragment of the page's address.
   *
   * @param {string} fragment
   * @param {(photo: string | null) => Source | undefined} sampleOf
   * @returns {Source | undefined} the photo that the link names
   */
  read(fragment, sampleOf) {
    this.#link = readLink(fragment);
    const sample = sampleOf(this.#link.photo);
    // What was said of somebody's own photo, which no link names, goes for the photo here and for the next one opened.
    this.#photos = sample ? 1 : 2;
    return sample;
  }

  /** What of the state it changes whatever the model. @param {State} state */
  followed(state) {
    return followed(this.#link, state);
  }

  /** The layer that it asks for, where the model has it. @param {Model} model */
  layer(model) {
    return linkedLayer(this.#link, model);
  }

  /** What must be said where it was made with another model. @param {Model} model */
  remark(model) {
    return modelRemark(this.#link, model);
  }

  /**
   * The classes that the next photo starts with: those of the link, or none. Without a model they are checked later.
   *
   * @param {Model | null} model
   */
  nextClasses(model) {
    if (this.#photos-- <= 0) return { target: null, expected: null };
    const [target, expected] = [this.#link.target, this.#link.expected].map((index) =>
      model ? linkedClass(index, model) : index,
    );
    return { target, expected };
  }
}
