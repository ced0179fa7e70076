export { type Decoded, decodeTransition, foldTransition } from "./decode.js";
export { type FetchHandler, syncHandler } from "./handler.js";
export { inspectHandler } from "./inspect-handler.js";
export type { Watched } from "./watched.js";
