export type {
  Child,
  CompositeNode,
  Feed,
  FeedNode,
  FeedState,
  FeedWatcher,
  LiveNode,
  NodeHub,
  Past,
  Step,
} from "./contracts.js";
export { KeyWatch } from "./key-watch.js";
export { LogFeed } from "./log-feed.js";
export { createNode } from "./node-factory.js";
export {
  addMade,
  type Made,
  type NodeIdentity,
  newIdentity,
  nothingMade,
  schemaHash,
} from "./node-identity.js";
