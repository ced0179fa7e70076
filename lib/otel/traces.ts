import {
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "../repo/index.js";

/** Calls the functions when operations and transactions end. Gives the way to stop that. */
export function subscribe(
  operation: (trace: OperationTrace) => void,
  transaction: (trace: TransactionTrace) => void,
): () => void {
  operationChannel.asyncEnd.subscribe(operation as never);
  transactionChannel.asyncEnd.subscribe(transaction as never);
  return () => {
    operationChannel.asyncEnd.unsubscribe(operation as never);
    transactionChannel.asyncEnd.unsubscribe(transaction as never);
  };
}
