export type { TransactionHost } from "./lifecycle.js";
export { EmbeddedTransaction } from "./transaction.js";
