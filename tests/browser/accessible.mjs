// What axe, the checker of accessibility rules, has to say about a page.

import assert from 'node:assert/strict';
import axe from 'axe-core';

/**
 * @param {import('playwright-core').Page} page
 * @param {string} state what the page shows, for the message
 */
export async function assertAccessible(page, state) {
  // The page's policy forbids injected scripts; devtools may evaluate one.
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const results = await /** @type {any} */ (window).axe.run(document);
    return results.violations.map(
      (/** @type {any} */ { id, help, nodes }) =>
        `${id}: ${help} — ${nodes.map((/** @type {any} */ n) => n.target).join(' ')}`,
    );
  });
  assert.deepEqual(violations, [], state);
}
