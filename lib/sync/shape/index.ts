export {
  type OpenedCursor,
  openSyncCursor,
  shownVersions,
  whyMadeOtherwise,
  whyNotResumed,
} from "./cursor.js";
export type { Label } from "./label.js";
export type { Shape } from "./shape.js";
export { Shapes } from "./shapes.js";
export type { Subscriber } from "./subscriber.js";
