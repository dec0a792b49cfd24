export { readFrame } from './frame.ts'
export type { Frame } from './frame.ts'
export { FrameSplitter } from './frame-splitter.ts'
export type { FramePart } from './frame-splitter.ts'
