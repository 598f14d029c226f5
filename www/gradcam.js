// The library: what `gradcam.d.ts` describes. Of the engine's other modules the page takes little: how logits are ranked,
// and the manifest.
export { GradCam } from './engine/client.js';
export { GradCamError } from './engine/error.js';
