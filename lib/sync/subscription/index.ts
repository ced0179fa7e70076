export type { Budget, OverflowPolicy } from "./buffer.js";
export { LiveSubscription } from "./live-subscription.js";
export { type Authorize, type Delivery, type SubscribeOptions, subscribe } from "./subscribe.js";
