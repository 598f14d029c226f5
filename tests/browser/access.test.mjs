// For everyone: the keyboard alone, screen readers (axe), light and dark, wide and narrow.

import assert from 'node:assert/strict';
import test from 'node:test';
import { assertAccessible } from './accessible.mjs';
import { explained, fromRoot, message, predictions, Site } from './harness.mjs';

/** @typedef {import('playwright-core').Page} Page */

const site = new Site({ switches: ['--use-fake-device-for-media-stream'] });

/** Presses Tab until what `selector` names has the focus. @param {Page} page @param {string} selector */
async function tabTo(page, selector) {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) {
      const shows = await page.evaluate(() => {
        const element = document.activeElement;
        // A radio button may show its focus on its label.
        return [element, element?.closest('label'), element?.nextElementSibling].some((each) => {
          const style = each && getComputedStyle(each);
          return (
            style &&
            ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) ||
              style.boxShadow !== 'none')
          );
        });
      });
      assert.ok(shows, `${selector} shows that it has the focus`);
      return;
    }
  }
  assert.fail(`Tab never reached ${selector}`);
}

const permissions = ['camera'];
const DESK = { permissions, viewport: { width: 1280, height: 900 } };
const PHONE = {
  permissions,
  viewport: { width: 360, height: 740 },
  hasTouch: true,
  isMobile: true,
  deviceScaleFactor: 2,
};

for (const [name, context] of Object.entries({
  'light, wide': { ...DESK, colorScheme: /** @type {const} */ ('light') },
  'dark, wide': { ...DESK, colorScheme: /** @type {const} */ ('dark') },
  'light, phone': { ...PHONE, colorScheme: /** @type {const} */ ('light') },
  'dark, phone': { ...PHONE, colorScheme: /** @type {const} */ ('dark') },
}))
  test(`axe has nothing to say: ${name}`, async (t) => {
    const page = await site.open(t, { context });
    await explained(page, 'dahlia.jpg');
    await assertAccessible(page, 'explained');
    await page.getByText('What am I looking at?').click();
    await page.getByText('Three panels').click();
    await assertAccessible(page, 'three panels, explanation open');
    await page.selectOption('#engine-choice', 'webgpu');
    await page.locator('#engine-notice').waitFor();
    await page.locator('#engine-badge').click();
    await assertAccessible(page, 'a notice about the engine, details open');
    await page.locator('#watch-live').click();
    await explained(page, 'Camera');
    await page.locator('.prediction').nth(1).click();
    await page.locator('#kept-class').waitFor();
    await assertAccessible(page, 'live');
    await page.keyboard.press('Escape');
    await page.setInputFiles('#file', fromRoot('tests/fixtures/bad/text.jpg'));
    await message(page);
    await assertAccessible(page, 'with a message');
  });

test('nothing sticks out sideways, down to 320 pixels', async (t) => {
  const page = await site.open(t, { context: { permissions }, path: '?engine=webgpu' });
  await explained(page, 'dahlia.jpg');
  await page.locator('#engine-badge').click();
  await page.locator('#watch-live').click();
  await explained(page, 'Camera');
  for (const width of [320, 360, 480, 768, 1024, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    for (const view of ['Three panels', 'Overlay']) {
      await page.getByText(view, { exact: true }).click();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${view} at ${width}: ${wide}`);
    }
  }
});

test('a whole visit with the keyboard alone', async (t) => {
  const page = await site.open(t, { context: { permissions } });
  // File choosers are caught from the start: switched on just before the key, it might come too late.
  page.on('filechooser', () => {});
  await explained(page, 'dahlia.jpg');

  await tabTo(page, '.sample:nth-of-type(2)');
  await page.keyboard.press('Enter');
  await explained(page, 'cat.jpg');

  await tabTo(page, '#layer');
  await page.keyboard.press('ArrowUp');
  await explained(page, 'cat.jpg');
  assert.equal(await page.locator('#layer').inputValue(), 'layer4.0');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'layer', 'the focus stays');

  await tabTo(page, 'input[name="target"]');
  await page.keyboard.press('ArrowDown');
  await explained(page, 'cat.jpg');
  assert.ok((await predictions(page))[1].chosen);

  await tabTo(page, '#engine-choice');
  await page.keyboard.press('ArrowDown');
  await explained(page, 'cat.jpg');
  assert.equal(await page.locator('#engine-choice').inputValue(), 'cpu');
  await page.keyboard.press('ArrowUp');
  await page.locator('#engine-details').waitFor();
  await tabTo(page, '#engine-details summary');
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#engine-reason').isVisible());

  await tabTo(page, '#opacity');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('#opacity').inputValue(), '51');

  await tabTo(page, 'input[name="view"]');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.locator('#stage').getAttribute('data-view'), 'panels');

  await tabTo(page, '#save');
  const download = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  await download;

  await tabTo(page, '#watch-live');
  await page.keyboard.press('Enter');
  await explained(page, 'Camera');
  await tabTo(page, '#live-stop');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'watch-live', 'the focus is not lost');
  await page.keyboard.press('Enter');
  await page.locator('#live').waitFor();
  await page.keyboard.press('Escape');
  await explained(page, 'Camera');

  await tabTo(page, '#choose');
  const picker = page.waitForEvent('filechooser');
  await page.keyboard.press('Space');
  await (await picker).setFiles(fromRoot('tests/fixtures/bad/text.jpg'));
  await message(page);
  await tabTo(page, '#alert button');
  await page.keyboard.press('Enter');
  await page.locator('#alert .notice').waitFor({ state: 'detached' });
});
