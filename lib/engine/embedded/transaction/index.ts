export type { TransactionHost } from "./lifecycle.js";
export { EmbeddedTransaction } from "./transaction.js";
export { TransactionOptions } from "./transaction-options.js";
