export { type CursorContent, decodeContent, encodeContent, shownOf } from "./cursor-content.js";
export { CursorKeys } from "./cursor-keys.js";
export { newRing } from "./key-ring.js";
export { readKeyRing, rotateCursorKeys } from "./key-store.js";
export { openCursor, sealCursor } from "./seal.js";
