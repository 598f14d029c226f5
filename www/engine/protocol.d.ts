// What the page and the worker say to each other.
import type {
  ClassMaps,
  Colors,
  EngineChoice,
  ErrorCode,
  ExplainOptions,
  Explanation,
  Flavour,
  Geometry,
  Model,
  Scale,
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
}

/** Milliseconds on either engine, as measured on earlier visits, by the key of the GPU. */
export type Timings = Record<string, { cpu: number; webgpu: number }>;

/** What shall compute, and what is known about it. */
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
  labels?: string[];
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

export interface Explain {
  kind: 'explain';
  photo: PhotoHandle;
  options: Omit<ExplainOptions, 'signal'>;
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

export type Request = Start | Load | ChooseEngine | Open | Explain | AllClasses | Paint | Legend | Memory;

/** A request on its way, or word that nobody waits for it any more. */
export type Message = (Request & { id: number }) | { kind: 'forget'; id: number };

export interface Opened {
  width: number;
  height: number;
  geometry: Geometry;
  decode: number;
  /** RGBA. */
  pixels: Uint8Array<ArrayBuffer>;
}

/** What each kind of request is answered with. */
export interface Answers {
  start: undefined;
  load: { model: Model; choice: EngineChoice };
  'choose-engine': EngineChoice;
  open: Opened;
  explain: Explanation;
  'class-maps': ClassMaps | null;
  paint: Uint8Array<ArrayBuffer>;
  legend: Uint8Array<ArrayBuffer>;
  memory: number;
}

export interface Reply {
  id: number;
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
