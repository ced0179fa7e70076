/** Asks a server for its `sync.inspect()`. */

import { InspectionError } from "../../errors.js";
import type { ServedInspection } from "../../sync/index.js";

const HOW =
  'Serve it from the application: import { inspectHandler } from "plinth/web", and answer with inspectHandler(sync)().';

/** @throws InspectionError when there is none, with the line that serves it */
export async function fetchInspection(url: string, signal: AbortSignal): Promise<ServedInspection> {
  let response: Response;
  try {
    response = await fetch(url, { signal, headers: { accept: "application/json" } });
  } catch (error) {
    signal.throwIfAborted();
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new InspectionError(`${url} cannot be reached: ${cause}`, { cause: error });
  }
  const served: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
  if (isInspection(served)) return served;
  throw new InspectionError(`${url} does not serve sync.inspect() (status ${response.status}). ${HOW}`);
}

function isInspection(value: unknown): value is ServedInspection {
  if (typeof value !== "object" || value === null) return false;
  const { queries, feeds, slowest, totals, latency } = value as Partial<ServedInspection>;
  return [queries, feeds, slowest].every((list) => Array.isArray(list)) && [totals, latency].every(Boolean);
}
