export type { Authorize } from "./authorize.js";
export type { Budget, Delivery, OverflowPolicy } from "./delivery.js";
export type { LiveSubscription } from "./live-subscription.js";
export { type SubscribeOptions, subscribe } from "./subscribe.js";
export { encodeEvent, encodeTransition } from "./wire.js";
