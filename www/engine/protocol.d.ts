// What the page and the worker say to each other.
import type {
  ClassMap,
  ClassMaps,
  Colors,
  Comparison,
  CompareOptions,
  CurvePoint,
  EngineChoice,
  ErrorCode,
  ExplainOptions,
  Explanation,
  Faithfulness,
  Fill,
  Flavour,
  Geometry,
  LayerMethod,
  Mask,
  Model,
  ModelOptions,
  RandomisationStep,
  Scale,
  Steps,
  Survey,
  SurveyOptions,
  WantedEngine,
} from '../gradcam.d.ts';

/** Which builds of the engine to try, one after the other, and with how many threads. */
export interface Plan {
  flavours: Flavour[];
  threads: number;
}

/** A photo by number, with its file or its pixels in case the worker does not have it open any more. */
export interface PhotoHandle {
  token: number;
  source: Blob | ImageData;
  /** What is painted over, and the number of the photo without that, which has the same source. */
  erased?: { original: number; mask: Mask; fill: Fill };
}

/** Milliseconds on either engine, as measured on earlier visits, by the key of the GPU. */
export type Timings = Record<string, { cpu: number; webgpu: number }>;

/** Which engine to use, and what is known about them. */
export interface Wish {
  asked: WantedEngine;
  remembered: Timings;
}

export interface Start {
  kind: 'start';
  plan: Plan;
  /** What will be asked for, so that a GPU can be made ready. */
  asked: WantedEngine;
}

export interface Load {
  kind: 'load';
  model: Blob;
  options: ModelOptions;
  wish: Wish;
}

export interface ChooseEngine {
  kind: 'choose-engine';
  wish: Wish;
}

export interface Open {
  kind: 'open';
  photo: PhotoHandle;
}

/** Which map of a photo is meant. */
export type MapOptions = Pick<ExplainOptions, 'layer' | 'method' | 'target'>;

export interface Explain {
  kind: 'explain';
  photo: PhotoHandle;
  options: MapOptions;
}

export interface LayerMaps {
  kind: 'layer-maps';
  photo: PhotoHandle;
  options: { method?: LayerMethod; target?: number };
}

export interface Compare {
  kind: 'compare';
  photo: PhotoHandle;
  options: Omit<CompareOptions, 'signal'>;
}

export interface Measure {
  kind: 'faithfulness';
  photo: PhotoHandle;
  options: MapOptions & { steps?: number };
}

export interface Randomise {
  kind: 'randomise';
  photo: PhotoHandle;
  options: MapOptions;
}

export interface SurveyOne {
  kind: 'survey';
  source: Blob | ImageData;
  options: Omit<SurveyOptions, 'signal'> & { side: number };
}

/** An archive by number, with its file in case the worker does not have it open any more. */
export interface ArchiveHandle {
  token: number;
  source: Blob;
}

export interface OpenArchive {
  kind: 'open-archive';
  archive: ArchiveHandle;
}

export interface ReadArchive {
  kind: 'read-archive';
  archive: ArchiveHandle;
  index: number;
}

export interface ParseLabels {
  kind: 'parse-labels';
  text: string;
}

export interface Hottest {
  kind: 'hottest';
  columns: number;
  rows: number;
  values: Float32Array;
  share: number;
}

export interface Elsewhere {
  kind: 'elsewhere';
  mask: Mask;
}

export interface Npy {
  kind: 'npy';
  columns: number;
  rows: number;
  values: Float32Array;
}

export interface Zip {
  kind: 'zip';
  files: { name: string; bytes: Uint8Array }[];
}

export interface AllClasses {
  kind: 'class-maps';
  photo: PhotoHandle;
}

export interface Paint {
  kind: 'paint';
  columns: number;
  rows: number;
  values: Float32Array;
  colors: Colors;
  scale: Scale;
  range?: number;
  width: number;
  height: number;
}

export interface Legend {
  kind: 'legend';
  colors: Colors;
  scale: Scale;
  count: number;
}

export interface Memory {
  kind: 'memory';
}

export type Request =
  | Start
  | Load
  | ChooseEngine
  | Open
  | Explain
  | AllClasses
  | LayerMaps
  | Compare
  | Measure
  | Randomise
  | SurveyOne
  | OpenArchive
  | ReadArchive
  | ParseLabels
  | Hottest
  | Elsewhere
  | Npy
  | Zip
  | Paint
  | Legend
  | Memory;

/** A request on its way, or word that nobody waits for it any more. */
export type Message = (Request & { id: number }) | { kind: 'forget'; id: number };

export interface Opened {
  width: number;
  height: number;
  geometry: Geometry;
  decode: number;
  /** RGBA. */
  pixels: Uint8Array<ArrayBuffer>;
  /** RGBA, as wide as high. */
  crop: Uint8Array<ArrayBuffer>;
}

/** An explanation as the worker gives it: classes by their number alone, with the logits of all. */
export interface Explained extends Omit<Explanation, 'predictions' | 'target' | 'references'> {
  target: number;
  references: number[];
}

export interface Compared extends Omit<Comparison, 'predicted' | 'expected'> {
  logits: Float32Array;
  predicted: number;
  expected: number;
}

export interface Surveyed extends Omit<Survey, 'explanation' | 'expected' | 'overlay'> {
  explanation: Explained;
  expected: number | null;
  /** RGBA. */
  overlay: Uint8Array<ArrayBuffer>;
  side: number;
}

/** What each kind of request is answered with. */
export interface Answers {
  start: undefined;
  load: { model: Model; choice: EngineChoice };
  'choose-engine': EngineChoice;
  open: Opened;
  explain: Explained;
  'class-maps': ClassMaps | null;
  'layer-maps': ClassMap[];
  compare: Compared;
  faithfulness: Faithfulness;
  randomise: RandomisationStep[];
  survey: Surveyed;
  'open-archive': string[];
  'read-archive': Uint8Array<ArrayBuffer>;
  'parse-labels': string[];
  hottest: Mask;
  elsewhere: Mask;
  npy: Uint8Array<ArrayBuffer>;
  zip: Uint8Array<ArrayBuffer>;
  paint: Uint8Array<ArrayBuffer>;
  legend: Uint8Array<ArrayBuffer>;
  memory: number;
}

/** What is said of a request before it is answered. */
export interface News {
  explain: Steps;
  faithfulness: CurvePoint;
  randomise: RandomisationStep;
}

export interface Reply {
  id: number;
  /** How far it is: the answer is still to come. */
  news?: News[keyof News];
  result?: Answers[keyof Answers];
  error?: { code: ErrorCode; message: string };
  /** Whether the worker is of no use any more. */
  crashed?: boolean;
}

/** Said by the engine's worker for each thread that it starts: the port speaks up when that thread breaks down. */
export interface Watch {
  alarm: MessagePort;
}

/** What a thread is told, once. */
export interface ThreadPost {
  /** URL of the engine's JavaScript. */
  glue: string;
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  alarm: MessagePort;
}
