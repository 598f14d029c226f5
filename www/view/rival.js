// The class that the best one is compared with: the expected one, or else the second best.

/**
 * @param {import('../gradcam.js').ClassScore[]} predictions best first
 * @param {number | null} expected
 * @returns {number | null} its index; `null` where the network knows one class alone
 */
export function rivalOf([best, second], expected) {
  return expected === null || expected === best.index ? (second?.index ?? null) : expected;
}
