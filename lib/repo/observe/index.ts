export type { Logger } from "./logger.js";
export {
  countingReads,
  currentTrace,
  isObserved,
  type OperationTrace,
  observed,
  observedTransaction,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "./observe.js";
