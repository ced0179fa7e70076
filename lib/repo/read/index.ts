export { copyRecord } from "./preload.js";
export { keyOfId } from "./primary-key.js";
export {
  type AnyQuery,
  type PageOptions,
  type RangeOptions,
  type StreamOptions,
  treeOf,
} from "./read-more.js";
export { type Page, readIn } from "./read-rows.js";
export { RepoReads } from "./repo-reads.js";
