/** Reads the logs of several sources together, in whole commits and in commit order. */

import { type LogBatch, type LogEntry, readLog } from "../../layer/index.js";
import type { RepoContext } from "../../repo/index.js";
import { commitOf } from "../log/index.js";
import { behindCommit, positionOf } from "./consumer-state.js";

export interface Commits {
  readonly entries: readonly { readonly source: string; readonly entry: LogEntry }[];
  readonly count: number;
  /** Where to read on. */
  readonly after: string;
  /** Every commit up to it is here. */
  readonly version: bigint;
  /** Nothing is left up to the version that was asked for. */
  readonly complete: boolean;
}

interface SourceCommits extends Pick<LogBatch, "entries" | "expired"> {
  /** Commits before this one are here whole; undefined when all of them are. */
  readonly next: string | undefined;
}

/**
 * What the logs of some sources hold behind `after`, about `limit` entries of each. Commits are never cut.
 *
 * @returns undefined when a log does not go back that far
 */
export async function readCommits(
  ctx: RepoContext,
  sources: readonly string[],
  after: string,
  through: bigint,
  limit: number,
): Promise<Commits | undefined> {
  const logs = await Promise.all(
    sources.map(async (source) => ({ source, read: await readSource(ctx, source, after, through, limit) })),
  );
  if (logs.some(({ read }) => read.expired)) return undefined;
  const next = logs
    .map((log) => log.read.next)
    .filter((commit) => commit !== undefined)
    .sort()[0];
  const entries = logs
    .flatMap(({ source, read }) => read.entries.map((entry) => ({ source, entry })))
    .filter(({ entry }) => next === undefined || commitOf(entry) < next)
    .sort((a, b) => a.entry.at.compare(b.entry.at));
  return {
    entries,
    count: new Set(entries.map(({ entry }) => commitOf(entry))).size,
    after: next === undefined ? through.toString() : behindCommit(commitOf(entries.at(-1)!.entry)),
    version: next === undefined ? through : versionOf(next) - 1n,
    complete: next === undefined,
  };
}

async function readSource(
  ctx: RepoContext,
  source: string,
  after: string,
  through: bigint,
  limit: number,
): Promise<SourceCommits> {
  const read = { after: positionOf(after), through, limit };
  const some = await readLog(ctx.tx, ctx.tenant, source, read);
  const first = some.entries[0];
  if (some.complete || first === undefined) return { ...some, next: undefined };
  const cut = commitOf(some.entries.at(-1)!);
  if (commitOf(first) < cut) return { ...some, next: cut };
  // One commit is larger than the limit, so all of its version is read.
  const { version } = first.at;
  const whole = await readLog(ctx.tx, ctx.tenant, source, { ...read, through: version, limit: 0 });
  return { ...whole, next: firstCommitOf(version + 1n) };
}

/** Commits as `commitOf` tells them: eight bytes of version and two of order, in hexadecimal digits. */
const firstCommitOf = (version: bigint): string => `${version.toString(16).padStart(16, "0")}0000`;
const versionOf = (commit: string): bigint => BigInt(`0x${commit.slice(0, 16)}`);
