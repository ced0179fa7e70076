export { CompositeNode } from "./composite-node.js";
export { EachNode } from "./each-node.js";
export type { Feed, FeedState } from "./feed.js";
export { KeyWatch } from "./key-watch.js";
export { LogFeed } from "./log-feed.js";
export { FeedNode, LiveNode } from "./node.js";
export { createNode } from "./node-factory.js";
export { type NodeIdentity, newIdentity, schemaHash } from "./node-identity.js";
export { Past } from "./past.js";
