// Remembers from visit to visit how fast CPU and GPU are here, so that each device is timed once.

/** @typedef {import('./protocol.d.ts').Timings} Timings */

const KEY = 'gradcam-timings';

/** @returns {Timings} */
export function rememberedTimings() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return kept && typeof kept === 'object' ? kept : {};
  } catch {
    // No storage, or something else in it: both engines are timed again.
    return {};
  }
}

/** @param {NonNullable<import('../gradcam.d.ts').EngineChoice['timing']>} timing */
export function rememberTiming({ key, cpu, webgpu }) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...rememberedTimings(), [key]: { cpu, webgpu } }));
  } catch {
    // Storage that is full or forbidden costs the next visit a moment.
  }
}
