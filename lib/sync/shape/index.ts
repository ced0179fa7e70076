export { type CursorContent, checkCursor, decodeSyncCursor } from "./cursor.js";
export { type Label, Shape } from "./shape.js";
export type { Subscriber } from "./subscriber.js";
