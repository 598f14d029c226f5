// The choice of networks: a file, an address, or one at hand; for the page's own place, or to be compared with that.

import { ownCheckpoint } from '../../checkpoint/checkpoint.js';
import { canKeep, keep } from '../../checkpoint/shelf.js';
import { element, write } from '../element.js';
import { megabytes } from '../format.js';
import { modelFacts } from './facts.js';
import { createNetworkList } from './list.js';
import { createNetworkSettings } from './settings.js';

/** @typedef {import('../state.js').State} State */
/** @typedef {import('../../checkpoint/checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {import('../../networks.js').Networks} Networks */
/** @typedef {'first' | 'second'} Place */

const WORDS = {
  first: { title: 'Your own network', verb: 'Use', used: 'In use' },
  second: { title: 'A second network', verb: 'Compare', used: 'Held against the first' },
};

/** @param {NonNullable<State['trying']>} trying */
function tryingText({ name, loaded }) {
  return loaded > 0 ? `Fetching ${name}: ${megabytes(loaded)} MB` : `Reading ${name}…`;
}

/**
 * @param {object} needs
 * @param {() => Networks} needs.networks
 * @param {(error: unknown) => string} needs.sentence
 * @returns {{ render: (state: State) => void, open: (place: Place) => void, openNames: () => void }}
 */
export function createNetworkDialog({ networks, sentence }) {
  const dialog = element('network-dialog', HTMLDialogElement);
  const title = element('network-dialog-title', HTMLElement);
  const file = element('network-file', HTMLInputElement);
  const choose = element('network-choose', HTMLButtonElement);
  const address = element('network-address', HTMLInputElement);
  const trying = element('network-trying', HTMLElement);
  const tryingLine = element('network-trying-text', HTMLElement);
  const failed = element('network-failed', HTMLElement);
  const used = element('network-used-title', HTMLElement).parentElement;
  const usedTitle = element('network-used-title', HTMLElement);
  const usedName = element('network-used-name', HTMLElement);
  const usedFacts = element('network-used-facts', HTMLElement);
  const keepButton = element('network-keep', HTMLButtonElement);
  /** @type {State | null} */
  let last = null;
  /** @type {Place} */
  let place = 'first';
  /** The hashes of what is known to be kept. @type {Set<string>} */
  const keptHere = new Set();

  /** @param {unknown} error */
  function fail(error) {
    const text = document.createElement('p');
    text.textContent = sentence(error);
    failed.replaceChildren(text);
  }

  /** What the dialog speaks of. */
  function subject() {
    if (!last) return null;
    const { checkpoint, model, second } = last;
    return place === 'first' ? model && { checkpoint, model } : second;
  }

  /** @param {Checkpoint} checkpoint */
  async function put(checkpoint) {
    failed.replaceChildren();
    try {
      await (place === 'first' ? networks().use(checkpoint) : networks().hold(checkpoint));
    } catch (error) {
      if (/** @type {any} */ (error).code !== 'aborted') fail(error);
    }
  }

  const showList = createNetworkList({ choose: put, fail });
  const settings = createNetworkSettings({
    apply(options) {
      const current = subject();
      if (current) void put({ ...current.checkpoint, options });
    },
    parse: async (text) => (await networks().first).parseLabels(text),
    fail,
  });

  choose.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    const chosen = file.files?.[0];
    file.value = '';
    if (chosen) void put(ownCheckpoint(chosen.name, chosen));
  });
  element('network-fetch', HTMLFormElement).addEventListener('submit', async (event) => {
    event.preventDefault();
    failed.replaceChildren();
    const text = address.value.trim();
    if (!text) return address.focus();
    try {
      await put(await networks().fetch(text));
    } catch (error) {
      fail(error);
    }
  });
  keepButton.addEventListener('click', async () => {
    const current = subject();
    if (!current?.checkpoint.file || !current.model.sha256) return;
    const { checkpoint, model } = current;
    try {
      await keep({ ...checkpoint, file: current.checkpoint.file }, model);
      keptHere.add(current.model.sha256);
      draw();
      await showList(WORDS[place].verb);
    } catch (error) {
      fail(error);
    }
  });
  element('network-close', HTMLButtonElement).addEventListener('click', () => dialog.close());
  // A click beside it, as on any sheet that lies over a page.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });

  function draw() {
    if (!dialog.open || !last) return;
    const { title: heading, used: usedHeading } = WORDS[place];
    write(title, heading);
    write(usedTitle, usedHeading);
    trying.hidden = !last.trying;
    if (last.trying) write(tryingLine, tryingText(last.trying));
    const current = subject();
    if (used) used.hidden = !current;
    if (!current) return;
    const { checkpoint, model } = current;
    write(usedName, checkpoint.name);
    write(usedFacts, modelFacts(model));
    const isKept = model.sha256 !== null && keptHere.has(model.sha256);
    keepButton.hidden = !checkpoint.file || !model.sha256 || !canKeep();
    keepButton.disabled = isKept;
    write(keepButton, isKept ? 'Kept on this device' : 'Keep on this device');
    settings.show(model);
  }

  /** @param {Place} wanted */
  function open(wanted) {
    place = wanted;
    failed.replaceChildren();
    if (!dialog.open) dialog.showModal();
    draw();
    void showList(WORDS[place].verb);
  }

  return {
    open,
    openNames() {
      open('first');
      settings.focusNames();
    },
    render(state) {
      last = state;
      draw();
    },
  };
}
