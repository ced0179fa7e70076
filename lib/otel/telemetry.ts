import { AsyncLocalStorage } from "node:async_hooks";
import {
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "../repo/index.js";
import { type Api, type Attributes, CLIENT, ERROR, type Meter, type Span, type Tracer } from "./api.js";
import {
  failureAttributes,
  operationAttributes,
  spanAttributes,
  summaryOf,
  systemName,
} from "./attributes.js";

/** What `startTelemetry` takes; what is left out comes from `@opentelemetry/api`. */
export interface TelemetryOptions {
  /** `trace.getTracer("plinth")`, or `null` for no spans. */
  readonly tracer?: Tracer | null;
  /** `metrics.getMeter("plinth")`, or `null` for no metrics. */
  readonly meter?: Meter | null;
  /** The module `@opentelemetry/api`, where it cannot be imported by its name (in a bundle). */
  readonly api?: Api;
}

/** The boundaries that the conventions advise, in seconds. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Loaded only when it is needed: applications without OpenTelemetry do not have the package. */
async function loadApi(required: boolean): Promise<Api | undefined> {
  const name = "@opentelemetry/api";
  try {
    return (await import(name)) as Api;
  } catch (error) {
    if (required) throw error;
    return undefined;
  }
}

function transactionAttributes(trace: TransactionTrace): Attributes {
  return {
    "plinth.attempts": trace.attempts,
    ...(trace.readVersion === undefined ? {} : { "plinth.read_version": trace.readVersion.toString() }),
    ...(trace.commitVersion === undefined ? {} : { "plinth.commit_version": trace.commitVersion.toString() }),
    ...(trace.error === undefined ? {} : failureAttributes(trace.error)),
  };
}

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
function startSpans(tracer: Tracer, api: Api | undefined): () => void {
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
  const unsubscribe = subscribe(
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

/** Calls the functions when operations and transactions end. Gives the way to stop that. */
function subscribe(
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

function startMetrics(meter: Meter): () => void {
  const duration = meter.createHistogram("db.client.operation.duration", {
    unit: "s",
    description: "Duration of a repository operation.",
    advice: { explicitBucketBoundaries: BOUNDARIES },
  });
  const rows = meter.createHistogram("db.client.response.returned_rows", {
    unit: "{row}",
    description: "Rows that an operation returned or wrote.",
  });
  const retries = meter.createCounter("plinth.transaction.retries", {
    unit: "{retry}",
    description: "Attempts of transactions after the first.",
  });
  return subscribe(
    (trace) => {
      const attributes = operationAttributes(trace);
      duration.record((trace.durationMs ?? 0) / 1000, attributes);
      if (trace.rows !== undefined) rows.record(trace.rows, attributes);
    },
    (trace) => {
      if (trace.attempts > 1) retries.add(trace.attempts - 1, { "db.system.name": systemName(trace.system) });
    },
  );
}

/**
 * Turns every operation and transaction of every Repo of the process into spans and metrics, by the stable conventions
 * for databases. Gives a function that ends it.
 *
 * Spans `get products` carry tenant, rows, bytes, requests, attempts, index and read version; those of a transaction's
 * operations lie below its own. Metrics are
 * `db.client.operation.duration` (s), `db.client.response.returned_rows` and `plinth.transaction.retries`.
 *
 * @example
 * import { startTelemetry } from "plinth/otel";
 * const stop = await startTelemetry();
 * @throws when neither options nor the package `@opentelemetry/api` give a tracer and a meter
 */
export async function startTelemetry(options: TelemetryOptions = {}): Promise<() => void> {
  const api = options.api ?? (await loadApi(options.tracer === undefined || options.meter === undefined));
  const tracer = options.tracer === undefined ? api!.trace.getTracer("plinth") : options.tracer;
  const meter = options.meter === undefined ? api!.metrics.getMeter("plinth") : options.meter;
  const ends = [
    ...(tracer === null ? [] : [startSpans(tracer, api)]),
    ...(meter === null ? [] : [startMetrics(meter)]),
  ];
  return () => {
    for (const end of ends.splice(0)) end();
  };
}
