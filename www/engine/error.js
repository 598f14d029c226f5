// The one kind of error that leaves the library.

/** @typedef {import('../gradcam.d.ts').ErrorCode} ErrorCode */

/** A failure with a stable `code` for programs and a sentence for people. */
export class GradCamError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'GradCamError';
    /** @readonly */
    this.code = code;
  }
}

/** What a caller gets who gave up. */
export function aborted() {
  return new GradCamError('aborted', 'The request was aborted.');
}
