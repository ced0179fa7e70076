export { difference } from "./difference.js";
export { dataOf, type KeepsOwn, pack } from "./pack.js";
