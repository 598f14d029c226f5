// What the build says of the site: its version, and the model that it ships.
import { GradCamError } from './error.js';

/** @typedef {{ version: string, model: { url: URL, bytes: number, sha256: string } }} Manifest */

/** The top of the site, from here. */
const TOP = new URL('../../', import.meta.url);

/** @returns {Promise<Manifest>} */
export async function fetchManifest() {
  const response = await fetch(new URL('manifest.json', TOP)).catch(() => null);
  if (!response?.ok) {
    throw new GradCamError(
      'model-download',
      'The model could not be downloaded. Check the connection and try again.',
    );
  }
  const { version, model } = await response.json();
  return { version, model: { ...model, url: new URL(model.url, TOP) } };
}
