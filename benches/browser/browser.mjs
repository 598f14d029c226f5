// A headless Chromium, and the server it looks at.

import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../tools/find-chromium.mjs';
import { ISOLATION, serve } from '../../tools/serve.mjs';
import { ROOT } from './files.mjs';

/** @typedef {{ worker: string, script: string, task: string, options?: object }} Request */
/** @typedef {Awaited<ReturnType<typeof launch>>} Browser */

/** The benchmark's page, in a process of its own: nothing that another page has compiled helps it. */
export class Page {
  #context;
  #page;

  /** @param {import('playwright-core').BrowserContext} context @param {import('playwright-core').Page} page */
  constructor(context, page) {
    this.#context = context;
    this.#page = page;
  }

  /**
   * Does a task and returns what came out.
   * @param {Request} request
   * @returns {Promise<{ milliseconds: number, result: any }>}
   */
  ask(request) {
    return this.#page.evaluate((given) => /** @type {any} */ (globalThis).ask(given), request);
  }

  /**
   * Does a task and returns how long it took. What came out stays in the browser.
   * @param {Request} request
   */
  async time(request) {
    return this.#page.evaluate(async (given) => {
      const { milliseconds } = await /** @type {any} */ (globalThis).ask(given);
      return /** @type {number} */ (milliseconds);
    }, request);
  }

  /** What WebGPU runs on here, if on anything: what the engines are given, who all ask for the fastest. */
  adapter() {
    return this.#page.evaluate(async () => {
      const adapter = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' });
      if (!adapter) return undefined;
      const { vendor, architecture, description, isFallbackAdapter: software } = adapter.info;
      return { name: description || `${vendor} ${architecture}`, software };
    });
  }

  close() {
    return this.#context.close();
  }
}

/** @param {string[]} switches apart from those it always gets */
export async function launch(switches = []) {
  const executablePath = findChromium();
  if (!executablePath)
    throw new Error('No Chromium or Chrome found: install one, or set CHROMIUM to its path.');
  const server = await serve(ROOT, { port: 0, headers: ISOLATION });
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS, ...switches] });
  return {
    version: browser.version(),
    async open() {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${server.url}benches/browser/page.html`, { waitUntil: 'load' });
      return new Page(context, page);
    },
    /** The built site itself, once it has explained its first photo. @param {string} flavour */
    async visit(flavour) {
      const page = await browser.newPage();
      await page.goto(`${server.url}dist/?flavour=${flavour}&threads=1&engine=cpu`);
      await page.waitForSelector('#predictions[aria-busy="false"]');
      return page;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
