/** Checks what `repo.job` is given, and runs it. */

import { InvalidOptionsError } from "../errors.js";
import {
  type JobOptions,
  type JobProgress,
  type MigrationHost,
  runJob,
  type StepBody,
} from "../migration/index.js";
import { isSchema, showValue } from "../schema/index.js";
import { Tenant } from "../tenant/index.js";
import { checkOptions, readOnly } from "./options/index.js";
import { type RepoState, sessionOf } from "./transaction/index.js";

const jobNames: ReadonlySet<string> = new Set(["restart", "staleClaimMs", "onProgress", "signal"]);

/** @throws InvalidOptionsError, ReadOnlyRepoError */
export async function job(
  host: MigrationHost,
  state: RepoState,
  tenant: unknown,
  name: unknown,
  given: unknown,
  options: JobOptions = {},
): Promise<JobProgress> {
  checkOptions("job", options, jobNames);
  if (state.core.config.readOnly) throw readOnly("repo.job");
  if (!(tenant instanceof Tenant)) {
    throw new InvalidOptionsError(
      `repo.job takes a tenant's handle first: repo.job(await Tenant.open(repo, id), name, steps), not ${showValue(tenant)}.`,
    );
  }
  const bytes = typeof name === "string" ? Buffer.byteLength(name) : 0;
  if (bytes === 0 || bytes > 1_000) {
    throw new InvalidOptionsError(`The name of a job is text of 1 to 1,000 bytes, not ${showValue(name)}.`);
  }
  const steps: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (steps.length === 0 || steps.some((step) => typeof step !== "function" || isSchema(step))) {
    throw new InvalidOptionsError(
      "repo.job takes a step or a list of steps, each a function (tx, cursor) => where its next batch begins.",
    );
  }
  const { restart, staleClaimMs, onProgress, signal } = options;
  if (restart !== undefined && typeof restart !== "boolean")
    throw new InvalidOptionsError(`{ restart } of repo.job is true or false, not ${showValue(restart)}.`);
  if (staleClaimMs !== undefined && !(Number.isSafeInteger(staleClaimMs) && staleClaimMs > 0)) {
    throw new InvalidOptionsError(
      `{ staleClaimMs } of repo.job is a whole number of milliseconds, not ${showValue(staleClaimMs)}.`,
    );
  }
  if (onProgress !== undefined && typeof onProgress !== "function")
    throw new InvalidOptionsError("{ onProgress } of repo.job is a function.");
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new InvalidOptionsError("{ signal } of repo.job is an AbortSignal.");
  if (sessionOf(state) !== undefined) {
    throw new InvalidOptionsError(
      "repo.job makes transactions of its own, so it cannot run inside a transaction; start it behind that, in repo.afterCommit.",
    );
  }
  return runJob(host, tenant, name as string, steps as readonly StepBody[], options);
}
