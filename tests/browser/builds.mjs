// Other builds of the site, as its host has them after a new version was published.

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fromRoot } from './harness.mjs';

/** @type {Record<string, string>} */
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json' };

/** What a build writes of all files. */
const WRITTEN = ['manifest.json', 'service-worker.js'];

/**
 * Builds the site with other contents in some files.
 * @param {Record<string, string | Buffer>} changes by path within the site
 * @returns {Record<string, Buffer>} the files that differ from those in dist/
 */
export function newBuild(changes) {
  const folder = mkdtempSync(join(tmpdir(), 'build-'));
  try {
    cpSync(fromRoot('dist'), folder, { recursive: true });
    copyFileSync(fromRoot('www/service-worker.js'), join(folder, 'service-worker.js'));
    for (const [path, body] of Object.entries(changes)) writeFileSync(join(folder, path), body);
    execFileSync(process.execPath, [fromRoot('tools/manifest.mjs'), folder]);
    return Object.fromEntries(
      [...Object.keys(changes), ...WRITTEN].map((path) => [path, readFileSync(join(folder, path))]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Publishes files of a build, until the test ends.
 * @param {import('./harness.mjs').Site} site
 * @param {Record<string, Buffer>} build
 */
export function publish(site, build) {
  for (const [path, body] of Object.entries(build)) {
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    for (const name of path === 'index.html' ? [path, ''] : [path]) site.put(name, type, body);
  }
}

/** @param {string} path a file of the site in dist/ */
export function built(path) {
  return readFileSync(fromRoot(`dist/${path}`), 'utf8');
}
