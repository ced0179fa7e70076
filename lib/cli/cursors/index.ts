export { cursorsRotate } from "./cursors-rotate.js";
