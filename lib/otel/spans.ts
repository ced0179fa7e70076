/** Makes spans of operations and transactions. */

import { AsyncLocalStorage } from "node:async_hooks";
import {
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "../repo/index.js";
import { type Api, type Attributes, CLIENT, ERROR, type Span, type Tracer } from "./api.js";
import {
  operationAttributes,
  spanAttributes,
  summaryOf,
  systemName,
  transactionAttributes,
} from "./attributes.js";
import { onTraceEnd } from "./on-trace-end.js";

function finish(span: Span | undefined, attributes: Attributes, error: unknown): void {
  if (span === undefined) return;
  span.setAttributes(attributes);
  if (error !== undefined) {
    span.setStatus({ code: ERROR, message: error instanceof Error ? error.message : String(error) });
    if (error instanceof Error) span.recordException(error);
  }
  span.end();
}

/** Makes a span of every operation and transaction, those inside of another below it. Gives the way to end it. */
export function startSpans(tracer: Tracer, api: Api | undefined): () => void {
  const spans = new WeakMap<object, Span>();
  /** The span that the running code is part of; the channels bind it, so that what runs inside finds it. */
  const current = new AsyncLocalStorage<Span>();
  const begin = (trace: object, name: string, attributes: Attributes): Span => {
    const around = current.getStore();
    const context = around && api?.trace.setSpan(api.context.active(), around);
    const span = tracer.startSpan(name, { kind: CLIENT, attributes }, context);
    spans.set(trace, span);
    return span;
  };
  const beginOperation = (trace: OperationTrace) =>
    begin(trace, summaryOf(trace), operationAttributes(trace));
  const beginTransaction = (trace: TransactionTrace) =>
    begin(trace, "transaction", {
      "db.system.name": systemName(trace.system),
      "db.operation.name": "transaction",
      "db.namespace": trace.tenant,
    });
  operationChannel.start.bindStore(current, beginOperation as never);
  transactionChannel.start.bindStore(current, beginTransaction as never);
  const unsubscribe = onTraceEnd(
    (trace) => finish(spans.get(trace), spanAttributes(trace), trace.error),
    (trace) => finish(spans.get(trace), transactionAttributes(trace), trace.error),
  );
  return () => {
    operationChannel.start.unbindStore(current);
    transactionChannel.start.unbindStore(current);
    current.disable();
    unsubscribe();
  };
}
