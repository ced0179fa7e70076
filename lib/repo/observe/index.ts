export { countingReads } from "./counting-reads.js";
export type { Logger } from "./logger.js";
export { observed } from "./observe-operation.js";
export { observedTransaction, type TransactionTrace, transactionChannel } from "./observe-transaction.js";
export { currentTrace, isObserved, type OperationTrace, operationChannel } from "./operation-trace.js";
