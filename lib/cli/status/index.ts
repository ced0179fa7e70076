export { status } from "./status.js";
