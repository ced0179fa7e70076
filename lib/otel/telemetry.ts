import {
  type OperationTrace,
  operationChannel,
  type TransactionTrace,
  transactionChannel,
} from "../repo/observe.js";
import { CLIENT, ERROR, type Meter, type Span, type Tracer } from "./api.js";
import { errorType, operationAttributes, spanAttributes } from "./attributes.js";

/** What `startTelemetry` takes; what is left out comes from `@opentelemetry/api`. */
export interface TelemetryOptions {
  /** `trace.getTracer("plinth")`, or `null` for no spans. */
  readonly tracer?: Tracer | null;
  /** `metrics.getMeter("plinth")`, or `null` for no metrics. */
  readonly meter?: Meter | null;
}

/** The boundaries that the conventions advise, in seconds. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

interface Api {
  readonly trace: { getTracer(name: string): Tracer };
  readonly metrics: { getMeter(name: string): Meter };
}

/** Loaded only when it is needed: applications without OpenTelemetry do not have the package. */
async function loadApi(): Promise<Api> {
  const name = "@opentelemetry/api";
  return (await import(name)) as Api;
}

const spans = new WeakMap<object, Span>();

function finish(span: Span | undefined, error: unknown): void {
  if (span === undefined) return;
  if (error !== undefined) {
    span.setStatus({ code: ERROR, message: error instanceof Error ? error.message : String(error) });
    if (error instanceof Error) span.recordException(error);
  }
  span.end();
}

function spanSubscribers(tracer: Tracer) {
  const operations = {
    start(trace: OperationTrace) {
      const name = trace.source === undefined ? trace.operation : `${trace.operation} ${trace.source}`;
      spans.set(trace, tracer.startSpan(name, { kind: CLIENT, attributes: operationAttributes(trace) }));
    },
    asyncEnd(trace: OperationTrace) {
      const span = spans.get(trace);
      span?.setAttributes(spanAttributes(trace));
      finish(span, trace.error);
    },
  };
  const transactions = {
    start(trace: TransactionTrace) {
      const attributes = { "db.operation.name": "transaction", "db.namespace": trace.tenant };
      spans.set(trace, tracer.startSpan("transaction", { kind: CLIENT, attributes }));
    },
    asyncEnd(trace: TransactionTrace) {
      const span = spans.get(trace);
      span?.setAttributes({
        "plinth.attempts": trace.attempts,
        ...(trace.readVersion === undefined ? {} : { "plinth.read_version": trace.readVersion.toString() }),
        ...(trace.commitVersion === undefined
          ? {}
          : { "plinth.commit_version": trace.commitVersion.toString() }),
        ...(trace.error === undefined ? {} : { "error.type": errorType(trace.error) }),
      });
      finish(span, trace.error);
    },
  };
  return { operations, transactions };
}

function metricSubscribers(meter: Meter) {
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
  return {
    operations: {
      asyncEnd(trace: OperationTrace) {
        const attributes = operationAttributes(trace);
        duration.record((trace.durationMs ?? 0) / 1000, attributes);
        if (trace.rows !== undefined) rows.record(trace.rows, attributes);
      },
    },
    transactions: {
      asyncEnd(trace: TransactionTrace) {
        if (trace.attempts > 1) retries.add(trace.attempts - 1, {});
      },
    },
  };
}

type Subscribers = ReturnType<typeof spanSubscribers> | ReturnType<typeof metricSubscribers>;
type OperationSubscribers = Parameters<typeof operationChannel.subscribe>[0];
type TransactionSubscribers = Parameters<typeof transactionChannel.subscribe>[0];

/**
 * Turns every operation and transaction of every Repo of the process into spans and metrics, by the stable conventions
 * for databases. Gives a function that ends it.
 *
 * Spans `get products` carry tenant, rows, bytes, requests, attempts, index and read version. Metrics are
 * `db.client.operation.duration` (s), `db.client.response.returned_rows` and `plinth.transaction.retries`.
 *
 * @example
 * import { startTelemetry } from "plinth/otel";
 * const stop = await startTelemetry();
 * @throws when neither options nor the package `@opentelemetry/api` give a tracer and a meter
 */
export async function startTelemetry(options: TelemetryOptions = {}): Promise<() => void> {
  const api = options.tracer === undefined || options.meter === undefined ? await loadApi() : undefined;
  const tracer = options.tracer === undefined ? api!.trace.getTracer("plinth") : options.tracer;
  const meter = options.meter === undefined ? api!.metrics.getMeter("plinth") : options.meter;
  const all: Subscribers[] = [];
  if (tracer !== null) all.push(spanSubscribers(tracer));
  if (meter !== null) all.push(metricSubscribers(meter));
  for (const { operations, transactions } of all) {
    operationChannel.subscribe(operations as OperationSubscribers);
    transactionChannel.subscribe(transactions as TransactionSubscribers);
  }
  return () => {
    for (const { operations, transactions } of all) {
      operationChannel.unsubscribe(operations as OperationSubscribers);
      transactionChannel.unsubscribe(transactions as TransactionSubscribers);
    }
  };
}
