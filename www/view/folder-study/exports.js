// The folder's study to take along: the table, and the report.

import { csvOf } from '../../folder/csv.js';
import { reportOf } from '../../folder/report.js';
import { download, fileSafe } from '../../save/download.js';
import { element } from '../element.js';

/** @typedef {import('../../folder/study.js').Study} Study */
/** @typedef {import('../state.js').State} State */

/**
 * @param {(error: unknown) => void} fail
 * @returns {(state: State, study: Study | null, empty: boolean) => void}
 */
export function createExports(fail) {
  const table = element('folder-csv', HTMLButtonElement);
  const report = element('folder-report', HTMLButtonElement);
  /** @type {{ study: Study, version: string } | null} */
  let last = null;
  table.addEventListener('click', () => {
    if (last) download(csvOf(last.study), `${fileSafe(last.study.name)}_grad-cam.csv`);
  });
  report.addEventListener('click', async () => {
    if (!last) return;
    const { study, version } = last;
    try {
      download(await reportOf(study, { version, date: new Date() }), `${fileSafe(study.name)}_grad-cam.html`);
    } catch (error) {
      fail(error);
    }
  });
  return ({ version }, study, empty) => {
    last = study && { study, version };
    table.disabled = report.disabled = empty;
  };
}
