// The networks at hand: the one that the site ships, and those that are kept on this device.

import { SHIPPED } from '../../checkpoint/checkpoint.js';
import { kept, remove, take } from '../../checkpoint/shelf.js';
import { element, write } from '../element.js';
import { keptFacts } from './facts.js';

/** @typedef {import('../../checkpoint/checkpoint.js').Checkpoint} Checkpoint */
/** @typedef {import('../../checkpoint/shelf.js').Kept} Kept */

/**
 * @param {string} text
 * @param {string} about which network, for those who do not see the row
 * @param {() => void} act
 */
function button(text, about, act) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'button small';
  made.textContent = text;
  made.setAttribute('aria-label', `${text} ${about}`);
  made.addEventListener('click', act);
  return made;
}

/** @param {string} name @param {string} facts @param {HTMLButtonElement[]} buttons */
function row(name, facts, buttons) {
  const item = document.createElement('li');
  item.className = 'network-row';
  const words = document.createElement('p');
  words.className = 'network-words';
  const strong = document.createElement('strong');
  strong.textContent = name;
  const rest = document.createElement('span');
  rest.textContent = facts;
  words.append(strong, ' ', rest);
  item.append(words, ...buttons);
  return item;
}

/**
 * @param {object} actions
 * @param {(checkpoint: Checkpoint) => void} actions.choose
 * @param {(error: unknown) => void} actions.fail
 * @returns {(verb: string) => Promise<void>} lists them anew; `verb` is what choosing one does
 */
export function createNetworkList({ choose, fail }) {
  const list = element('network-list', HTMLUListElement);
  const hint = element('network-list-hint', HTMLElement);

  /** @param {Kept} about */
  async function chooseKept(about) {
    try {
      choose(await take(about));
    } catch (error) {
      fail(error);
    }
  }

  /** @param {string} verb */
  async function show(verb) {
    const all = await kept();
    const shipped = row(SHIPPED.name, 'The network of this page', [
      button(verb, SHIPPED.name, () => choose(SHIPPED)),
    ]);
    const rows = all.map((about) =>
      row(about.name, keptFacts(about), [
        button(verb, about.name, () => void chooseKept(about)),
        button('Remove', about.name, () => {
          remove(about).then(() => show(verb), fail);
          // The button goes with its row.
          list.querySelector('button')?.focus();
        }),
      ]),
    );
    list.replaceChildren(shipped, ...rows);
    write(
      hint,
      all.length > 0 ? '' : 'Networks that you keep on this device are listed here, until you remove them.',
    );
  }

  return show;
}
