// A study of a folder: what is studied, how, and what has been answered. What the view, the table and the report are made of.

import { compareModels, summarise } from './statistics.js';

/** @typedef {import('./answer.js').Answer} Answer */
/** @typedef {import('./photos.js').FolderPhoto} FolderPhoto */
/** @typedef {import('./pool.js').StudiedModel} StudiedModel */
/** @typedef {import('./run.js').Question} Question */

/**
 * @typedef {object} Study
 * @property {string} name of the folder, or words for what was chosen
 * @property {FolderPhoto[]} photos
 * @property {StudiedModel[]} models one, or two that are compared with each other
 * @property {Question} question
 * @property {(Answer | null)[][]} answers by photo, then by model; they fill up
 * @property {(number | null)[][]} expected the class that each photo's folder names, by photo, then by model
 */

/** @typedef {{ models: import('./statistics.js').Summary[], agreement: import('./statistics.js').Agreement | null }} Findings */

/** What a study has found so far. @param {Study} study @returns {Findings} */
export function findingsOf({ models, answers }) {
  return {
    models: models.map((_, model) => summarise(answers.map((each) => each[model]))),
    agreement: models.length > 1 ? compareModels(answers) : null,
  };
}

/**
 * The class that a photo should be, by the first model that knows it.
 *
 * @param {Study} study
 * @param {number} index of the photo
 */
export function expectedLabel({ models, expected }, index) {
  const model = expected[index].findIndex((each) => each !== null);
  const wanted = model < 0 ? null : expected[index][model];
  return wanted === null ? null : models[model].model.labels[wanted];
}

/** Whether any photo has a class that it should be. @param {Study} study */
export function knowsClasses({ expected }) {
  return expected.some((each) => each.some((wanted) => wanted !== null));
}

/** Photos that all models have gone through. @param {Study} study */
export function answeredCount({ answers }) {
  return answers.filter((each) => each.every(Boolean)).length;
}
