// What every browser test stands on: the built site under a deep path, a real browser, and pages that fail their test
// on any console error, uncaught error, or request that leaves the site's own folder.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../tools/find-chromium.mjs';
import { ISOLATION, serve } from '../../tools/serve.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('node:http').RequestListener} Answer */

/** Milliseconds that one explanation may take on a slow, busy machine. */
export const PATIENCE = 60_000;

// Relative URLs are only proven where the site does not lie at the top.
const BASE = '/some/deep/path/';

/** @param {string} path from the top of the repository */
export function fromRoot(path) {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** One browser and one server for the tests of a file. */
export class Site {
  url = '';
  /** Answers that replace the site's own, by path within it. @type {Map<string, Answer>} */
  answers = new Map();
  /** Whether the host answers nobody any more, until the test ends. */
  gone = false;
  /**
   * What this test's pages asked the host for, by path within the site: not what the service worker fetches by itself,
   * to keep it.
   * @type {string[]}
   */
  requests = [];
  /** @type {import('playwright-core').Browser | undefined} */
  #browser;

  /**
   * @param {object} [options]
   * @param {Record<string, string>} [options.headers] the host's own
   * @param {string[]} [options.switches] for the browser
   */
  constructor({ headers = ISOLATION, switches = [] } = {}) {
    /** @type {Awaited<ReturnType<typeof serve>>} */
    let server;
    before(async () => {
      const dist = fromRoot('dist');
      assert.ok(existsSync(dist), 'There is no dist/: ./build.sh build makes it.');
      server = await serve(dist, { port: 0, base: BASE, headers, instead: this.#instead });
      this.url = server.url;
      const executablePath = findChromium();
      assert.ok(executablePath, 'No Chromium or Chrome found: install one, or set CHROMIUM to its path.');
      this.#browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS, ...switches] });
    });
    after(async () => {
      await this.#browser?.close();
      await server?.close();
    });
  }

  /** @type {NonNullable<NonNullable<Parameters<typeof serve>[1]>['instead']>} */
  #instead = (request, response) => {
    const url = request.url ?? '';
    const path = url.startsWith(BASE) ? url.slice(BASE.length) : url;
    if (!request.headers.referer?.endsWith('/service-worker.js')) this.requests.push(path);
    if (this.gone) {
      request.socket.destroy();
      return true;
    }
    const answer = this.answers.get(path);
    answer?.(request, response);
    return Boolean(answer);
  };

  /**
   * Puts a file on the site until the test ends.
   * @param {string} path within the site
   * @param {string} type
   * @param {string | Buffer} body
   */
  put(path, type, body) {
    this.answers.set(path, (_request, response) =>
      response.writeHead(200, { 'Content-Type': type }).end(body),
    );
  }

  /**
   * Has one of the site's scripts begin with `work`, until the test ends.
   * @template T
   * @param {string} path within the site
   * @param {(argument: T) => void} work travels as text
   * @param {T} argument travels as JSON
   */
  putBefore(path, work, argument) {
    const script = readFileSync(fromRoot(`dist/${path}`), 'utf8');
    this.put(path, 'text/javascript', `(${work})(${JSON.stringify(argument)});\n${script}`);
  }

  /**
   * A page with nothing on it, and with no policy such as ours: someone's own.
   * @param {import('node:test').TestContext} t
   * @param {Parameters<Site['open']>[1]} [options]
   */
  openBare(t, options) {
    this.put('bare.html', 'text/html', '<!doctype html><link rel="icon" href="data:," /><title>Bare</title>');
    return this.open(t, { ...options, path: 'bare.html' });
  }

  /**
   * A page of its own, with empty caches, on the site.
   * @param {import('node:test').TestContext} t
   * @param {object} [options]
   * @param {RegExp} [options.allow] problems that this test provokes
   * @param {import('playwright-core').BrowserContextOptions} [options.context]
   * @param {(page: Page) => unknown} [options.prepare] runs before the page loads
   * @param {string} [options.path] within the site
   */
  async open(t, { allow, context: options, prepare, path = '' } = {}) {
    assert.ok(this.#browser);
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(PATIENCE);
    /** @type {string[]} */
    const problems = [];
    /** @param {string} problem */
    const note = (problem) => {
      if (!allow?.test(problem)) problems.push(problem);
    };
    context.on('page', (page) => {
      page.on('console', (message) => {
        if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
      });
      page.on('pageerror', (error) => note(`uncaught: ${error.stack ?? error.message}`));
    });
    context.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.url) && !/^(blob|data):/.test(url)) note(`request elsewhere: ${url}`);
    });
    t.after(async () => {
      this.answers.clear();
      this.gone = false;
      await context.close();
      this.requests.length = 0;
      assert.deepEqual(problems, []);
    });
    const page = await context.newPage();
    await prepare?.(page);
    await page.goto(this.url + path);
    return page;
  }
}

/**
 * Waits until the page has explained the photo of that name and stands still.
 * @param {Page} page
 * @param {string} name as it is shown: the file's
 */
export async function explained(page, name) {
  await page.waitForFunction(
    (wanted) =>
      document.getElementById('file-name')?.textContent === wanted &&
      document.getElementById('predictions')?.getAttribute('aria-busy') === 'false' &&
      document.getElementById('progress')?.hidden,
    name,
    { timeout: PATIENCE },
  );
}

/** Waits until the site is kept for visits without a network. @param {Page} page */
export async function kept(page) {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
}

/**
 * The five predictions on the page, best first.
 * @param {Page} page
 * @returns {Promise<{ index: number, label: string, logit: number, chosen: boolean }[]>}
 */
export function predictions(page) {
  return page.locator('.prediction').evaluateAll((rows) =>
    rows.map((row) => {
      const input = row.querySelector('input');
      return {
        index: Number(input?.value),
        label: row.querySelector('.prediction-name')?.textContent ?? '',
        logit: Number(
          row.querySelector('.prediction-logit')?.textContent?.replace('logit ', '').replace('−', '-'),
        ),
        chosen: input?.checked ?? false,
      };
    }),
  );
}

/**
 * Waits for the page's message and holds it to be one plain sentence or two, with nothing of a program in it.
 * @param {Page} page
 * @returns {Promise<string>}
 */
export async function message(page) {
  const notice = page.locator('#alert .notice-text');
  await notice.waitFor({ timeout: PATIENCE });
  const text = (await notice.textContent()) ?? '';
  assert.match(text, /^[A-Z“].{10,300}[.?!]$/, 'a sentence');
  assert.doesNotMatch(text, /undefined|null|NaN\b|\[object|Error:|unreachable|panicked|wasm/i);
  return text;
}
