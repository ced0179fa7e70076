/** Calls functions when operations and transactions of any Repo end. */

import {
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "../repo/index.js";

export function onTraceEnd(
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
