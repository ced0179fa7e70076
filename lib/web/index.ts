export { type Decoded, decodeTransition, foldTransition } from "./decode.js";
export { type FetchHandler, type HandlerOptions, syncHandler } from "./handler.js";
export { initialOf } from "./initial.js";
export { inspectHandler } from "./inspect-handler.js";
export type { Limits } from "./limits.js";
export { type NodeHandler, nodeHandler } from "./node-handler.js";
export type { Offer, Offers } from "./offers.js";
export type { Answer, Watched } from "./watched.js";
