// The library: what `gradcam.d.ts` describes. The page uses nothing else.
export { GradCam } from './engine/client.js';
export { GradCamError } from './engine/error.js';
