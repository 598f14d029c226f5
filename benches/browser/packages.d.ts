// The checks of types run without the benchmark's packages, which are large: what is imported from them is `any`.
declare module '@tensorflow/*';
declare module 'esbuild';
declare module 'protobufjs';
