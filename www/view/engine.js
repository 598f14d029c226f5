// What computes: the choice of it, which engine answered how fast, how the GPU was tested, and why it is not used.

import { element, write } from './element.js';
import { milliseconds, scientific } from './format.js';

/** @typedef {import('./state.js').State} State */
/** @typedef {import('./state.js').Result} Result */
/** @typedef {import('./state.js').EngineChoice} EngineChoice */

/** @param {Result} result */
function computedHere({ explanation: { engine, timings }, decode, forward }) {
  const parts =
    engine.kind === 'webgpu'
      ? ['WebGPU', engine.adapter]
      : ['CPU', `${engine.threads} ${engine.threads === 1 ? 'thread' : 'threads'}`, engine.simd];
  const times = [
    `decode ${milliseconds(decode)}`,
    `forward ${milliseconds(forward)}`,
    `backward ${milliseconds(timings.backward)}`,
  ];
  return `Computed here: ${parts.filter(Boolean).join(', ')}; ${times.join(', ')}.`;
}

/** @param {EngineChoice} choice */
function badgeText({ selfTest }) {
  if (!selfTest) return 'Why not the GPU?';
  return selfTest.passed ? 'Self-test passed' : 'Self-test failed';
}

/** @param {EngineChoice} choice */
function timingText({ timing }) {
  if (!timing) return '';
  return `GPU ${milliseconds(timing.webgpu)}, CPU ${milliseconds(timing.cpu)}, forward and gradient.`;
}

/** @param {import('../gradcam.js').Check} check */
function checkRow({ name, value, bound, holds }) {
  const row = document.createElement('tr');
  row.classList.toggle('broken', !holds);
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = name;
  const cells = [scientific(value), `≤ ${scientific(bound)}`, holds ? 'holds' : 'fails'].map((text) => {
    const cell = document.createElement('td');
    cell.textContent = text;
    return cell;
  });
  row.append(head, ...cells);
  return row;
}

/**
 * @param {object} actions
 * @param {(asked: State['asked']) => void} actions.choose
 * @param {() => void} actions.tryAgain
 * @param {() => void} actions.dismiss
 * @returns {(state: State) => void}
 */
export function createEngine({ choose, tryAgain, dismiss }) {
  const asked = element('engine-choice', HTMLSelectElement);
  const line = element('engine', HTMLElement);
  const details = element('engine-details', HTMLDetailsElement);
  const badge = element('engine-badge', HTMLElement);
  const reason = element('engine-reason', HTMLElement);
  const adapter = element('engine-adapter', HTMLElement);
  const timing = element('engine-timing', HTMLElement);
  const test = element('engine-test', HTMLTableElement);
  const checks = element('engine-checks', HTMLTableSectionElement);
  const notice = element('engine-notice', HTMLElement);
  const noticeText = element('engine-notice-text', HTMLElement);
  /** @type {EngineChoice | null} */
  let told = null;

  asked.addEventListener('change', () => choose(/** @type {State['asked']} */ (asked.value)));
  element('engine-retry', HTMLButtonElement).addEventListener('click', tryAgain);
  element('engine-dismiss', HTMLButtonElement).addEventListener('click', dismiss);

  /** @param {EngineChoice} choice */
  function tell(choice) {
    const { engine, selfTest } = choice;
    details.hidden = !selfTest && !choice.reason;
    badge.dataset.test = selfTest ? (selfTest.passed ? 'passed' : 'failed') : 'none';
    write(badge, badgeText(choice));
    write(reason, choice.reason ?? '');
    write(adapter, choice.adapter && engine.kind === 'cpu' ? `Found: ${choice.adapter}.` : '');
    write(timing, timingText(choice));
    test.hidden = !selfTest;
    checks.replaceChildren(...(selfTest?.checks ?? []).map(checkRow));
  }

  return (state) => {
    const { model, choice } = state;
    asked.disabled = !model;
    asked.value = state.asked;
    const result = state.shown?.result;
    write(line, result ? computedHere(result) : '');
    if (choice && choice !== told) tell(choice);
    told = choice;
    notice.hidden = !state.notice;
    write(noticeText, state.notice ?? '');
  };
}
