export { decodeTransition } from "./decode.js";
export { foldTransition } from "./fold.js";
export { type FetchHandler, syncHandler, type Watched } from "./handler.js";
export { inspectHandler } from "./inspect-handler.js";
