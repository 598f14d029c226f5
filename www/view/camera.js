// The camera: how it is opened, a clear word when there is none, and the dialog that takes a photo with it.

import { element } from './element.js';

/**
 * The camera that looks away from the user, where there are two.
 *
 * @param {number} width of its picture, about, in pixels
 */
export async function openCamera(width) {
  if (!navigator.mediaDevices) throw new Error('no access to cameras');
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: { ideal: 'environment' }, width: { ideal: width } },
  });
}

/** @param {MediaStream | null} stream */
export function closeCamera(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

/**
 * Why there is no picture.
 *
 * @param {unknown} error what `openCamera` threw
 */
export function cameraMessage(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'The camera is not allowed for this page. Allow it in the browser’s settings for this site, or choose a photo instead.';
  if (name === 'NotFoundError' || name === 'OverconstrainedError')
    return 'No camera was found on this device. Choose a photo instead.';
  if (name === 'NotReadableError')
    return 'The camera is in use by another program. Close that program and try again.';
  return 'The camera cannot be used here. Choose a photo instead.';
}

/**
 * @param {(photo: Blob) => void} take
 * @returns {() => void} shows the dialog
 */
export function createCamera(take) {
  const dialog = element('camera', HTMLDialogElement);
  const video = element('camera-video', HTMLVideoElement);
  const text = element('camera-message', HTMLElement);
  const button = element('camera-take', HTMLButtonElement);
  /** @type {MediaStream | null} */
  let stream = null;

  async function start() {
    try {
      const started = await openCamera(1600);
      stream = started;
      // The question may be answered after the dialog was closed.
      if (!dialog.open) return stop();
      video.srcObject = started;
      await video.play();
      button.disabled = false;
      text.textContent = '';
    } catch (error) {
      if (dialog.open) text.textContent = cameraMessage(error);
    }
  }

  function stop() {
    closeCamera(stream);
    stream = null;
    video.srcObject = null;
    button.disabled = true;
  }

  button.addEventListener('click', () => {
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
    canvas.toBlob((blob) => blob && take(blob), 'image/jpeg', 0.95);
    dialog.close();
  });
  element('camera-cancel', HTMLButtonElement).addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', stop);

  return () => {
    text.textContent = 'Waiting for the camera…';
    dialog.showModal();
    void start();
  };
}
