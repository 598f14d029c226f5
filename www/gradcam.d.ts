/**
 * Grad-CAM in the browser: what a convolutional network looked at, computed on this device.
 *
 * One `GradCam` owns one worker, and the worker owns one network. Calls queue; a newer `explain` of the same photo
 * replaces an older one that has not started (the older promise rejects with code `aborted`).
 */

/** A URL (same origin under the page's policy), a file, its bytes, or a photo's pixels (transparency is dropped). */
export type Source = string | URL | Blob | ArrayBuffer | ImageData;

/** Methods that see a layer: their maps have its cells. Formulas in the crate's `cam` module. */
export type LayerMethod =
  | 'grad-cam'
  | 'hires-cam'
  | 'layer-cam'
  | 'xgrad-cam'
  | 'grad-cam++'
  | 'eigen-cam'
  | 'ablation-cam'
  | 'finer-cam';

/**
 * Methods whose maps have a value for each pixel that the network saw. `layer-cam-fused` puts the LayerCAM maps of all
 * stages together; `guided-grad-cam` is a product of guided backpropagation and the Grad-CAM map of a layer.
 */
export type PixelMethod =
  | 'layer-cam-fused'
  | 'input-gradient'
  | 'smooth-grad'
  | 'integrated-gradients'
  | 'guided-backprop'
  | 'guided-grad-cam';

/** How a map is made. */
export type Method = LayerMethod | PixelMethod;

/**
 * What a map's values are in: logits; a layer's activations (`eigen-cam`, `ablation-cam`); logits per standard deviation of
 * a channel of the input (`input-gradient` and its kin); or shares of the largest value (`layer-cam-fused`, `guided-grad-cam`).
 */
export type Unit = 'logit' | 'activation' | 'logit-per-deviation' | 'relative';

/** Colours of an unsigned map. Signed maps always use the diverging one. */
export type Colors = 'turbo' | 'viridis';

/**
 * How raw values become colours: `positive` clips below zero and divides by the maximum (the paper's), `min-max`
 * stretches from the minimum to the maximum (the article's), `signed` is symmetric about zero.
 */
export type Scale = 'positive' | 'min-max' | 'signed';

/**
 * A build of the engine: with SIMD; with relaxed SIMD (fused multiply-add) besides; with both and several threads, which
 * only a page that is cross-origin isolated may have.
 */
export type Flavour = 'simd' | 'relaxed' | 'threads';

/** Stable names of what can go wrong; `message` is a sentence for the user. */
export type ErrorCode =
  | 'not-an-image'
  | 'image-damaged'
  | 'image-too-large'
  | 'model-download'
  | 'model-stalled'
  | 'model-hash'
  | 'model-damaged'
  | 'model-tensor-missing'
  | 'model-tensor-shape'
  | 'model-dtype'
  | 'model-architecture'
  | 'model-not-finite'
  | 'model-labels'
  | 'model-output'
  | 'model-code'
  | 'model-preprocessing'
  | 'input-side'
  | 'archive-damaged'
  | 'photo-download'
  | 'unknown-layer'
  | 'unknown-method'
  | 'unknown-class'
  | 'same-class'
  | 'not-finite'
  | 'out-of-memory'
  | 'unsupported-browser'
  | 'aborted'
  | 'internal';

export class GradCamError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}

export interface Progress {
  phase: 'download' | 'prepare';
  /** Bytes so far. */
  loaded: number;
  /** Bytes in all, from the build's manifest; `null` where nothing knows it. */
  total: number | null;
}

/**
 * What computes: the CPU, the GPU through WebGPU, or by itself (`auto`) the GPU where there is a real one that passes its
 * self-test and is faster. A GPU asked for by name may be slow or emulated, but must pass its self-test all the same.
 */
export type WantedEngine = 'auto' | 'cpu' | 'webgpu';

/** How a photo becomes the network's input, as in torchvision: Resize, CenterCrop, ToTensor, Normalize. */
export interface Preprocessing {
  /** Side of the square crop that the network sees, in pixels. */
  inputSize: number;
  /** Length to which the photo's shorter side is resized before, in pixels. */
  resize: number;
  /** Of each channel (red, green, blue), channels scaled to 0…1. */
  mean: [number, number, number];
  std: [number, number, number];
}

/**
 * What a model's file does not say: `labels` are class names in logit order. What is given goes before what the file says;
 * what neither says are `class 0` …, 224 pixels (resized by 256 / 224 before), and the mean and deviation of ImageNet.
 */
export interface ModelOptions extends Partial<Preprocessing> {
  labels?: string[];
  /** How logits become probabilities: of one class among all, or of each by itself. Default: what the file says, else `softmax`. */
  output?: 'softmax' | 'sigmoid';
}

export interface LoadOptions extends ModelOptions {
  /**
   * A ResNet-18, -34, -50, -101 or -152, a wide ResNet or a ResNeXt with torchvision's or timm's tensor names, as
   * `.safetensors` or as a state dict of PyTorch's (`.pth`, `.pt`; no code in it is ever run). Default: the model that this
   * site ships.
   */
  model?: Exclude<Source, ImageData>;
  /** Expected byte length and SHA-256 (hex) of a model given by URL; the file is refused if it differs. */
  bytes?: number;
  sha256?: string;
  /** What computes; default `auto`. */
  engine?: WantedEngine;
  /** The build to try first; default: the fastest that the browser can run. One that does not start gives way to the next. */
  flavour?: Flavour;
  /** How many threads share the work where several may; default: as many as there are cores, but at most 8. */
  threads?: number;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

export interface Layer {
  name: string;
  /** Height and width in cells, and channels, of the layer's output. */
  height: number;
  width: number;
  channels: number;
}

/** A method as this model has it. */
export interface MethodTraits {
  name: Method;
  unit: Unit;
  /** Whether its maps have the cells of a layer; all others have a value for each pixel that the network saw. */
  hasCells: boolean;
  /** Whether the map is another one at another layer. */
  seesLayer: boolean;
  /** Whether the map is of a class, and not of all that the network saw. */
  seesClass: boolean;
  /** Whether values can be below zero and mean “against”; otherwise they only say how much. */
  hasSign: boolean;
  /** Whether it is built on guided backpropagation, which fails the sanity checks of Adebayo et al. 2018. */
  guided: boolean;
  /** Whether `layerMaps` gives its maps of all layers at once. */
  hasLayerMaps: boolean;
  /**
   * How often it goes through the network beyond one forward and one gradient; `null` where that is once for each channel
   * of the layer, except at the model's `linearHeadLayer`.
   */
  passes: number | null;
  /** Why this model cannot have it, as a sentence; `null` where it can. */
  unavailable: string | null;
  /** The paper that it is from: its authors, year, and number at arXiv or DOI. */
  source: string;
}

export interface Model extends Preprocessing {
  architecture: string;
  labels: string[];
  /** All methods, the default first. */
  methods: MethodTraits[];
  /** The layer behind which only an average and one linear layer follow; `null` where there is none. */
  linearHeadLayer: string | null;
  /** What makes probabilities of the logits: one softmax over all, or a sigmoid for each class by itself. */
  output: 'softmax' | 'sigmoid';
  /** In forward order; the last is the default target layer. */
  layers: Layer[];
  /** Weights and biases in all, BatchNorm folded in. */
  parameters: number;
  /** SHA-256 of the model's file, in hex; `null` where the page may not compute it (no secure context). */
  sha256: string | null;
}

/** Where the crop that the network saw lies in the upright photo, in pixels of the photo (fractions possible). */
export interface Geometry {
  photo: [width: number, height: number];
  crop: [x: number, y: number, width: number, height: number];
}

/** A decoded photo. `image` is upright and at most 1600 pixels on its longer side; `geometry` speaks of the full one. */
export interface Photo {
  readonly image: ImageData;
  /** What the network sees of it: `inputSize × inputSize` pixels. */
  readonly crop: ImageData;
  readonly geometry: Geometry;
  /** Milliseconds spent decoding and scaling. */
  readonly decode: number;
}

/** What the network says of one class. */
export interface ClassScore {
  /** Among the logits. */
  index: number;
  label: string;
  /** By softmax, or by its own sigmoid where the model's `output` is that. */
  probability: number;
  logit: number;
}

/** @deprecated The earlier name of `ClassScore`. */
export type Prediction = ClassScore;

export interface Peak {
  row: number;
  column: number;
  value: number;
  /** Centre of the cell, in pixels of the upright photo. */
  x: number;
  y: number;
}

/** A raw map: signed, before ReLU and normalisation, row by row. */
export interface ClassMap {
  width: number;
  height: number;
  values: Float32Array;
  /** The layer it is of; the last one's name for a method that sees no single layer. */
  layer: string;
  method: Method;
  target: number;
  unit: Unit;
  minimum: number;
  maximum: number;
  peak: Peak;
  /** Whether no value is above zero, so that the `positive` scale shows nothing. */
  blank: boolean;
}

export interface ExplainOptions {
  /** Default: the last layer. */
  layer?: string;
  /** Default: `grad-cam`. */
  method?: Method;
  /** Class index; default: the predicted class. */
  target?: number;
  /** How many predictions to return, best first; default 5. */
  topK?: number;
  /** Told of every step of a method that takes many (`smooth-grad`, `integrated-gradients`, `ablation-cam`). */
  onProgress?: (progress: Steps) => void;
  signal?: AbortSignal;
}

/** How far a long computation is. */
export interface Steps {
  done: number;
  total: number;
}

/** What runs. */
export interface Engine {
  kind: 'cpu' | 'webgpu';
  /** The name of the GPU, where it runs. */
  adapter: string | null;
  /** How many threads share the CPU's work. */
  threads: number;
  /** The vector instructions of the CPU in use. */
  simd: 'SIMD' | 'relaxed SIMD';
}

/** One line of a self-test: what was found, and the most that it may be. */
export interface Check {
  name: string;
  value: number;
  bound: number;
  holds: boolean;
}

export interface SelfTest {
  passed: boolean;
  checks: Check[];
}

/** How it was decided what computes. */
export interface EngineChoice {
  /** What runs now. */
  engine: Engine;
  asked: WantedEngine;
  /** Why not the GPU, as a sentence; `null` where it runs or the CPU was asked for. */
  reason: string | null;
  /** The name of the GPU that was found, even if it is not used. */
  adapter: string | null;
  /** Of the GPU; `null` where it was not tested. */
  selfTest: SelfTest | null;
  /** Milliseconds for a forward and a gradient on either, once per device: `auto` goes by them. `key` names the GPU. */
  timing: { key: string; cpu: number; webgpu: number } | null;
}

export interface Explanation {
  /** As many as `topK` asked for, best first. */
  predictions: ClassScore[];
  /** Of all classes, in their order. */
  logits: Float32Array;
  /** The class whose map this is. */
  target: ClassScore;
  map: ClassMap;
  /** Methods that have this very map by construction, at this layer of this network. */
  sameAs: Method[];
  /** The classes that `finer-cam` compares the target with, closest first; otherwise none. */
  references: ClassScore[];
  /** Of `integrated-gradients`: its sum should be the difference of the logits between the photo and the baseline. */
  completeness: { sum: number; difference: number; steps: number } | null;
  geometry: Geometry;
  /** Milliseconds; `decode` and `forward` are 0 where the engine still had them from an earlier call for the same photo. */
  timings: { decode: number; forward: number; backward: number; total: number };
  /** What computed this. */
  engine: Engine;
  /** Where the GPU failed at this very request and the CPU answered instead, a sentence about it. */
  fallback: string | null;
}

/** The raw Grad-CAM maps of all classes at the last layer. */
export interface ClassMaps {
  width: number;
  height: number;
  layer: string;
  /** Class by class, `width × height` values each, row by row, in logit units. */
  values: Float32Array;
}

/** Where a map's evidence lies: shares of the sum of its positive values. */
export interface Spread {
  /** In the quarter of the cells with the highest values. */
  strongestQuarter: number;
  /** In the outermost ring of cells. */
  border: number;
  /** Outside the middle: the centred square of half the side. */
  outsideMiddle: number;
  /** What the last two would be if the evidence were even: their shares of the area. */
  even: { border: number; outsideMiddle: number };
}

/** Why one class and not another, at one layer; all maps are HiResCAM's, so that they subtract cell by cell. */
export interface Comparison {
  predicted: ClassScore;
  expected: ClassScore;
  maps: {
    predicted: ClassMap;
    expected: ClassMap;
    /** Of the difference of the logits, predicted less expected. */
    margin: ClassMap;
  };
  /** The largest absolute value of the three: the end of a scale that they share. */
  range: number;
  /**
   * Sum of the margin map + difference of the biases = difference of the logits, up to rounding; `null` at layers where
   * the sum of a map is not the logit.
   */
  arithmetic: { sum: number; biases: number; logits: number; residual: number } | null;
  /** Of what speaks for the predicted class in the margin map. */
  spread: Spread;
}

export interface SurveyOptions {
  /** What the answer should be, where that is known. */
  expected?: number;
  /** Default: the last layer. */
  layer?: string;
  /** Default: `grad-cam`. */
  method?: Method;
  /** Of the small picture; default `turbo`. */
  colors?: Colors;
  /** Side of the small picture in pixels; default 160. */
  side?: number;
  signal?: AbortSignal;
}

/** A photo as one of many. */
export interface Survey {
  /** Of the predicted class, with the five best. */
  explanation: Explanation;
  /** What the network says of the class that it should be; `null` where that is not known. */
  expected: ClassScore | null;
  /** By how much the predicted class leads, in logits: over the expected one where that is another, else over the second. */
  margin: number;
  /** Where the positive part of the map lies. */
  spread: Spread;
  /** What the network saw, with the map over it. */
  overlay: ImageData;
}

/** A ZIP archive of photos, which is read where it lies, file by file. */
export interface Archive {
  /** Of the photos in it, with their folders. */
  readonly names: string[];
  /** The file of the photo with this number among the names. */
  read(index: number, options?: { signal?: AbortSignal }): Promise<Blob>;
}

export interface CompareOptions {
  /** What the answer should have been. */
  expected: number;
  /** Default: the class that was predicted. */
  predicted?: number;
  /** Default: the last layer. */
  layer?: string;
  signal?: AbortSignal;
}

/** What a faithfulness curve shows: the probability of the class while pixels vanish, or while they appear. */
export type CurveKind = 'deletion' | 'insertion';

/** In which order they do: by the map, at random, or from the centre outwards. */
export type Ranking = 'map' | 'random' | 'centre';

export interface CurvePoint {
  kind: CurveKind;
  ranking: Ranking;
  /** How many of the pixels have vanished or appeared, from 0 to 1. */
  share: number;
  probability: number;
  /** Points so far, of all curves, and in all. */
  done: number;
  total: number;
}

export interface Curve {
  kind: CurveKind;
  ranking: Ranking;
  probabilities: number[];
  /** Under the curve, from 0 to 1: low is good for deletion, high for insertion. */
  area: number;
}

export interface Faithfulness {
  curves: Curve[];
  /** How much of the probability is lost where only what the map shows is left, from 0 to 1. */
  averageDrop: number;
}

/** One step of cascading randomisation: everything from `layer` to the logits has its weights shuffled. */
export interface RandomisationStep {
  /** `fc`, then the layers from the last to the first. */
  layer: string;
  /** Spearman's rank correlation between the map now and the map with the trained weights. */
  correlation: number;
  map: ClassMap;
  done: number;
  total: number;
}

/** With what a part of the photo is painted over. */
export type Fill = 'blur' | 'mean' | 'inpaint';

/** Pixels of the crop that the network sees, `inputSize × inputSize` bytes row by row: not 0 where chosen. */
export type Mask = Uint8Array;

export interface PaintOptions {
  colors?: Colors;
  scale?: Scale;
  /** The value at the end of the scale, for maps that share one; default: the map's own. Not for `min-max`. */
  range?: number;
  /** Size of the picture in pixels; the map is upsampled bilinearly about half-pixel centres. */
  width: number;
  height: number;
}

export class GradCam {
  private constructor();
  static load(options?: LoadOptions): Promise<GradCam>;
  readonly model: Model;
  /** What computes now. */
  readonly engine: Engine;
  /** The newest decision; a GPU that failed since then is its `reason`. */
  readonly choice: EngineChoice;
  /**
   * Decides anew what computes. A GPU that failed is tried again only here. A newer choice replaces an older one that has
   * not started.
   */
  chooseEngine(asked: WantedEngine): Promise<EngineChoice>;
  /** Decodes a photo without explaining it, so that it can be shown at once. */
  open(photo: Source, options?: { signal?: AbortSignal }): Promise<Photo>;
  /** Explains a photo; give the `Photo` of an earlier `open` to save decoding it again. */
  explain(photo: Source | Photo, options?: ExplainOptions): Promise<Explanation>;
  /**
   * All classes at once: at the last layer their maps are one small product and need no backward pass. `null` where the
   * network's head is not a global average pool and one linear layer.
   */
  classMaps(photo: Source | Photo, options?: { signal?: AbortSignal }): Promise<ClassMaps | null>;
  /**
   * One map for each layer, in the order of `model.layers`, for hardly more than one forward and one full gradient. Not for
   * `ablation-cam`.
   */
  layerMaps(
    photo: Source | Photo,
    options?: { method?: LayerMethod; target?: number; signal?: AbortSignal },
  ): Promise<ClassMap[]>;
  /**
   * What there is to know of a photo as one of many, in one go: cheaper than `open`, `explain` and `paint`. Several `GradCam`s
   * survey as many photos at once.
   */
  survey(photo: Source, options?: SurveyOptions): Promise<Survey>;
  /** Holds the predicted class against the one it should have been. */
  compare(photo: Source | Photo, options: CompareOptions): Promise<Comparison>;
  /**
   * Deletion and insertion curves (RISE, Petsiuk et al. 2018) of a map, of a random one and of a blob in the centre, and the
   * average drop (Chattopadhay et al. 2018).
   */
  faithfulness(
    photo: Source | Photo,
    options?: Pick<ExplainOptions, 'layer' | 'method' | 'target' | 'signal'> & {
      /** Default 20. */
      steps?: number;
      onPoint?: (point: CurvePoint) => void;
    },
  ): Promise<Faithfulness>;
  /** Cascading randomisation of the weights, from the last layer to the first (Adebayo et al. 2018). */
  randomise(
    photo: Source | Photo,
    options?: Pick<ExplainOptions, 'layer' | 'method' | 'target' | 'signal'> & {
      onStep?: (step: RandomisationStep) => void;
    },
  ): Promise<RandomisationStep[]>;
  /** The photo with a part painted over: a photo like any other. */
  erase(photo: Photo, options: { mask: Mask; fill: Fill; signal?: AbortSignal }): Promise<Photo>;
  /** The hottest part of a map: as many pixels as `share` says. */
  hottest(map: Pick<ClassMap, 'width' | 'height' | 'values'>, share: number): Promise<Mask>;
  /** A mask of the same shape and area elsewhere in the crop, overlapping as little as can be. */
  elsewhere(mask: Mask): Promise<Mask>;
  /** A map as a NumPy file: float32, `height × width`. */
  npy(map: Pick<ClassMap, 'width' | 'height' | 'values'>): Promise<Uint8Array<ArrayBuffer>>;
  /** An archive of files, stored in their order without compression. */
  zip(files: { name: string; bytes: Uint8Array }[]): Promise<Blob>;
  /** Opens an archive of photos of any size. */
  openArchive(archive: Blob): Promise<Archive>;
  /** The class names in a file's text: a JSON array, a JSON object by index or by name, or one name a line. */
  parseLabels(text: string): Promise<string[]>;
  /** The map in colours, opaque: draw it over the crop with the opacity you like. */
  paint(map: Pick<ClassMap, 'width' | 'height' | 'values'>, options: PaintOptions): Promise<ImageData>;
  /** `count` colours from one end of the legend to the other, as a picture `count` × 1. */
  legend(options: { colors?: Colors; scale?: Scale; count: number }): Promise<ImageData>;
  /** Bytes of WebAssembly memory that the engine holds. */
  memory(): Promise<number>;
  dispose(): void;
}
