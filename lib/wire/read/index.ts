export { type Completed, complete, foldTransition, type WholeStep } from "./complete.js";
export { type Decoded, decodeTransition } from "./decode.js";
export type { Frame, FrameStep } from "./frame.js";
export { type Patch, patched, touched } from "./patch.js";
export type { AskedGroup, AskedLabels, ChangeRequest, Fault, Hello, OpenRequest } from "./protocol.js";
export type { Packed, Tag } from "./tag.js";
export type { Typed } from "./typed.js";
export { unpack } from "./unpack.js";
