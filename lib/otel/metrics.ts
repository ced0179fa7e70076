/** Measures the durations, rows and retries of operations and transactions. */

import type { Meter } from "./api.js";
import { operationAttributes, systemName } from "./attributes.js";
import { onTraceEnd } from "./on-trace-end.js";

/** The boundaries that the conventions advise, in seconds. */
const BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

export function startMetrics(meter: Meter): () => void {
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
  return onTraceEnd(
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
