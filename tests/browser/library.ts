// A program of somebody else's, in TypeScript: the types of the built library are all that it needs.

import {
  GradCam,
  GradCamError,
  type ClassMap,
  type ClassScore,
  type Explanation,
  type LoadOptions,
  type Method,
  type Model,
  type Survey,
} from '../../dist/www/gradcam.js';

const options: LoadOptions = {
  model: new URL('https://example.org/model.safetensors'),
  labels: ['cat', 'dog'],
  inputSize: 288,
  mean: [0.5, 0.5, 0.5],
  engine: 'auto',
  onProgress: ({ phase, loaded, total }) => `${phase}: ${loaded} of ${total ?? 'unknown'}`,
};

/** The hottest cell of a map. */
function hottest(map: ClassMap): number {
  return map.values[map.peak.row * map.width + map.peak.column] ?? Number.NaN;
}

export async function run(file: File, signal: AbortSignal): Promise<string> {
  const cam: GradCam = await GradCam.load(options);
  try {
    const model: Model = cam.model;
    const layer: string | undefined = model.layers.at(-1)?.name;
    const photo = await cam.open(file, { signal });
    const methods: Method[] = ['grad-cam', 'integrated-gradients'];
    const explanations: Explanation[] = await Promise.all(
      methods.map((method) => cam.explain(photo, { layer, method, topK: 3, signal })),
    );
    const best: ClassScore = explanations[0].predictions[0];
    if (explanations[0].logits[best.index] !== best.logit) return model.methods[0].source;
    const survey: Survey = await cam.survey(file, { expected: 1 });
    const heat: ImageData = await cam.paint(explanations[0].map, { width: 224, height: 224 });
    const { arithmetic } = await cam.compare(photo, { expected: 0 });
    const archive = await cam.openArchive(file);
    const first: Blob = await archive.read(0);
    return [hottest(survey.explanation.map), heat.width, arithmetic?.residual, first.size].join();
  } catch (error) {
    if (error instanceof GradCamError && error.code === 'aborted') return 'given up';
    throw error;
  } finally {
    cam.dispose();
  }
}

// What makes no sense is refused by the compiler, not by the visitor's browser.
// @ts-expect-error there is no such method
export const wrongMethod: Method = 'grad-cam-3';
// @ts-expect-error an instance is loaded, never made
export const wrongWay = new GradCam();
