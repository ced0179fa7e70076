/** Starts OpenTelemetry for all Repos of the process. */

import type { Api, Meter, Tracer } from "./api.js";
import { startMetrics } from "./metrics.js";
import { startSpans } from "./spans.js";

/** What `startTelemetry` takes; what is left out comes from `@opentelemetry/api`. */
export interface TelemetryOptions {
  /** What makes spans; `null` for none. Default `trace.getTracer("plinth")`. */
  readonly tracer?: Tracer | null;
  /** What makes metrics; `null` for none. Default `metrics.getMeter("plinth")`. */
  readonly meter?: Meter | null;
  /** The module `@opentelemetry/api`, where it cannot be imported by its name (in a bundle). Default: it is imported. */
  readonly api?: Api;
}

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

/**
 * Turns every operation and transaction of every Repo of the process into spans and metrics, by the stable conventions
 * for databases. Gives a function that ends it.
 *
 * Spans `get products` carry tenant, rows, bytes, requests, attempts, index and read version; those of a transaction's
 * operations lie below its own. Metrics are
 * `db.client.operation.duration` (s), `db.client.response.returned_rows` and `plinth.transaction.retries`.
 *
 * @example
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
