/** Tells the channel `plinth:operation` and the logger about an operation of a Repo, when anybody listens. */

import type { Engine } from "../../engine/index.js";
import type { Logger } from "./logger.js";
import { type OperationTrace, operationChannel, runTraced } from "./operation-trace.js";
import { subjectOf } from "./subject.js";

/** What has operations to tell about: as much of a Repo as a trace tells. */
export interface Observable {
  readonly logger: Logger | undefined;
  /** The engine, once it is open. */
  readonly opened: Pick<Engine, "kind"> | undefined;
}

export function observed<T>(
  operation: string,
  subject: unknown,
  { logger, opened }: Observable,
  run: () => Promise<T>,
): Promise<T> {
  if (logger === undefined && !operationChannel.hasSubscribers) return run();
  const trace: OperationTrace = {
    operation,
    ...subjectOf(subject),
    system: opened?.kind,
    tenant: undefined,
    index: undefined,
    rows: undefined,
    bytes: 0,
    requests: 0,
    attempts: 0,
    readVersion: undefined,
    durationMs: undefined,
  };
  const started = performance.now();
  const timed = async () => {
    try {
      const result = await run();
      trace.rows ??= rowsIn(result);
      return result;
    } finally {
      trace.durationMs = performance.now() - started;
    }
  };
  const told = operationChannel.tracePromise(() => runTraced(trace, timed), trace) as Promise<T>;
  return logger === undefined ? told : logged(told, trace, logger);
}

function rowsIn(result: unknown): number {
  if (result === null || result === undefined || result === false) return 0;
  if (Array.isArray(result)) return result.length;
  if (typeof result !== "object") return 1;
  if ("count" in result && typeof result.count === "number") return result.count;
  if ("rows" in result && Array.isArray(result.rows)) return result.rows.length;
  return 1;
}

async function logged<T>(told: Promise<T>, trace: OperationTrace, logger: Logger): Promise<T> {
  const { operation, source } = trace;
  const name = source === undefined ? operation : `${operation} ${source}`;
  try {
    const result = await told;
    if (trace.log !== false) logger[trace.log ?? "debug"](factsFor(trace), name);
    return result;
  } catch (error) {
    if (trace.log !== false)
      logger[trace.log ?? "debug"]({ ...factsFor(trace), err: error }, `${name} failed`);
    throw error;
  }
}

function factsFor({
  operation,
  schema,
  source,
  tenant,
  index,
  rows,
  bytes,
  requests,
  attempts,
  readVersion,
  durationMs,
  telemetry,
}: OperationTrace) {
  return {
    operation,
    schema,
    source,
    tenant,
    index,
    rows,
    bytes,
    requests,
    attempts,
    readVersion: readVersion?.toString(),
    durationMs,
    ...(telemetry === undefined ? {} : { telemetry }),
  };
}
