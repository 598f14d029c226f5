// What the page says of the network in use: beside the ways in, at its head and at its foot.

import { SHIPPED } from '../../checkpoint/checkpoint.js';
import { element, write } from '../element.js';
import { isUnnamed, modelFacts } from './facts.js';

/** @typedef {import('../state.js').State} State */

/**
 * @param {() => void} open opens the choice of networks
 * @param {() => void} addNames opens it where class names are typed
 * @returns {(state: State) => void}
 */
export function createNetworkLine(open, addNames) {
  const name = element('network-name', HTMLElement);
  const facts = element('network-facts', HTMLElement);
  const unnamed = element('network-unnamed', HTMLElement);
  const lead = element('lead', HTMLElement);
  const about = element('about-network', HTMLElement);
  const ofShipped = lead.textContent ?? '';
  element('network-open', HTMLButtonElement).addEventListener('click', open);
  element('network-add-names', HTMLButtonElement).addEventListener('click', addNames);

  return ({ checkpoint, model }) => {
    const shipped = checkpoint === SHIPPED;
    write(name, checkpoint.name);
    write(facts, model ? modelFacts(model) : '');
    unnamed.hidden = !model || !isUnnamed(model);
    write(
      lead,
      shipped
        ? ofShipped
        : `Your network, ${checkpoint.name}, names your photo; the heatmap shows which places argued for that name.`,
    );
    about.hidden = !shipped;
  };
}
