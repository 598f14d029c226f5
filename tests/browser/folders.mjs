// Watches the page while it studies a folder, and reads the table that it saves.

import assert from 'node:assert/strict';
import { PATIENCE } from './harness.mjs';

/** @typedef {import('playwright-core').Page} Page */

/** Waits until all photos of the folder have been gone through. @param {Page} page @param {number} [patience] milliseconds */
export async function finished(page, patience = PATIENCE) {
  await page.locator('#folder-state', { hasText: /^Done/ }).waitFor({ timeout: patience });
}

/** What a part of the study says. @param {Page} page @param {string} part the end of its id */
export async function folderText(page, part) {
  return ((await page.locator(`#folder-${part}`).textContent()) ?? '').trim();
}

/**
 * The lines of a table as RFC 4180 has it, by the names of the columns.
 *
 * @param {string} text
 * @returns {Record<string, string>[]}
 */
export function csvRows(text) {
  assert.equal(text[0], '\ufeff');
  assert.ok(text.endsWith('\r\n'));
  /** @type {string[][]} */
  const lines = [[]];
  // A cell, quoted or not, and what ends it.
  for (const [, quoted, plain, end] of text.slice(1).matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines[lines.length - 1].push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') lines.push([]);
  }
  lines.pop();
  const [columns, ...rows] = lines;
  return rows.map((row) => {
    assert.equal(row.length, columns.length, row.join());
    return Object.fromEntries(columns.map((column, index) => [column, row[index]]));
  });
}

/**
 * What the engines were asked, kept by `watchWorkers`.
 *
 * @typedef {object} Watched
 * @property {number} surveys asked for so far
 * @property {number} waiting surveys that are not answered
 * @property {number} most of them at one time
 * @property {number} alive workers
 * @property {number} addresses of pictures that are alive
 * @property {number} breakNext workers that will break down at their next survey
 * @property {boolean} refuse whether new workers cannot be started
 */

/** Runs in the page, before its own scripts. */
export function watchWorkers() {
  /** @type {Watched} */
  const watched = { surveys: 0, waiting: 0, most: 0, alive: 0, addresses: 0, breakNext: 0, refuse: false };
  Object.assign(window, { watched });

  const { postMessage, terminate } = Worker.prototype;
  /** The surveys that each waits for. @type {Map<Worker, Set<number>>} */
  const waiting = new Map();
  const heard = new WeakSet();
  const { addEventListener } = Worker.prototype;
  Worker.prototype.addEventListener = function (/** @type {[any, any, any]} */ ...listener) {
    if (!heard.has(this)) {
      heard.add(this);
      // Before the page hears of an answer, and asks the next question at once.
      addEventListener.call(this, 'message', (/** @type {any} */ { data }) => {
        if (waiting.get(this)?.delete(data.id)) watched.waiting--;
      });
    }
    addEventListener.apply(this, listener);
  };
  Worker.prototype.postMessage = function (/** @type {any} */ request, /** @type {any} */ transfer) {
    if (request.kind === 'start') {
      watched.alive++;
      waiting.set(this, new Set());

      if (watched.refuse) {
        setTimeout(() => this.dispatchEvent(new ErrorEvent('error', { cancelable: true })));
        return;
      }
    }
    if (request.kind === 'survey') {
      watched.surveys++;
      if (watched.breakNext > 0) {
        watched.breakNext--;
        this.dispatchEvent(new ErrorEvent('error', { cancelable: true }));
        return;
      }
      waiting.get(this)?.add(request.id);
      watched.waiting++;
      watched.most = Math.max(watched.most, watched.waiting);
    }
    return postMessage.call(this, request, transfer);
  };
  Worker.prototype.terminate = function () {
    const mine = waiting.get(this);
    if (mine) {
      watched.alive--;
      watched.waiting -= mine.size;
      waiting.delete(this);
    }
    return terminate.call(this);
  };

  const { createObjectURL, revokeObjectURL } = URL;
  /** @type {Set<string>} */
  const addresses = new Set();
  URL.createObjectURL = (/** @type {any} */ source) => {
    const address = createObjectURL.call(URL, source);
    if (source.type === 'image/jpeg') addresses.add(address);
    watched.addresses = addresses.size;
    return address;
  };
  URL.revokeObjectURL = (address) => {
    addresses.delete(address);
    watched.addresses = addresses.size;
    revokeObjectURL.call(URL, address);
  };
}

/** @param {Page} page @returns {Promise<Watched>} */
export function watched(page) {
  return page.evaluate(() => /** @type {any} */ (window).watched);
}
