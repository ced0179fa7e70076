/** What spans and metrics say of operations and transactions, by the conventions for databases. */

import { EngineError } from "../engine/index.js";
import { PlinthError } from "../errors.js";
import type { OperationTrace, TransactionTrace } from "../repo/index.js";
import type { Attributes } from "./api.js";

/** The stable code of an error of Plinth, else the error's class. */
export function errorType(error: unknown): string {
  if (error instanceof EngineError || error instanceof PlinthError) return error.code;
  return error instanceof Error ? error.name : "unknown";
}

/** The code of the store's own error, where one is behind it. */
function statusCode(error: unknown): string | undefined {
  const behind = error instanceof Error && !(error instanceof EngineError) ? error.cause : error;
  return behind instanceof EngineError ? String(behind.fdbCode) : undefined;
}

/** `get products`: what an operation does, in few different texts. */
export const summaryOf = ({ operation, source }: OperationTrace): string =>
  source === undefined ? operation : `${operation} ${source}`;

/**
 * What is known of an operation, by the stable conventions for databases; few enough values for metrics.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/database/
 */
export function operationAttributes(trace: OperationTrace): Attributes {
  return {
    "db.system.name": systemName(trace.system),
    "db.operation.name": trace.operation,
    ...(trace.source === undefined ? {} : { "db.collection.name": trace.source }),
    ...(trace.error === undefined ? {} : failureAttributes(trace.error)),
  };
}

export function failureAttributes(error: unknown): Attributes {
  const status = statusCode(error);
  return {
    "error.type": errorType(error),
    ...(status === undefined ? {} : { "db.response.status_code": status }),
  };
}

export const systemName = (system: string | undefined): string =>
  system === "foundationdb" ? "foundationdb" : "plinth";

/** What only a span tells: values that are many, or are of one operation. */
export function spanAttributes(trace: OperationTrace): Attributes {
  return {
    ...operationAttributes(trace),
    "db.query.summary": summaryOf(trace),
    ...(trace.tenant === undefined ? {} : { "db.namespace": trace.tenant }),
    ...(trace.rows === undefined ? {} : { "db.response.returned_rows": trace.rows }),
    ...(trace.index === undefined ? {} : { "plinth.index": trace.index }),
    ...(trace.readVersion === undefined ? {} : { "plinth.read_version": trace.readVersion.toString() }),
    ...telemetryAttributes(trace.telemetry),
    "plinth.requests": trace.requests,
    "plinth.read_bytes": trace.bytes,
    "plinth.attempts": trace.attempts,
  };
}

/** What the application says of a call, as far as spans can hold it. */
function telemetryAttributes(telemetry: OperationTrace["telemetry"] = {}): Attributes {
  const attributes: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(telemetry)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      attributes[name] = value;
  }
  return attributes;
}

export function transactionAttributes(trace: TransactionTrace): Attributes {
  return {
    "plinth.attempts": trace.attempts,
    ...(trace.readVersion === undefined ? {} : { "plinth.read_version": trace.readVersion.toString() }),
    ...(trace.commitVersion === undefined ? {} : { "plinth.commit_version": trace.commitVersion.toString() }),
    ...(trace.error === undefined ? {} : failureAttributes(trace.error)),
  };
}
