export { NestedTransaction } from "./nested-transaction.js";
