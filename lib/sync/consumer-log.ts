import { type LogBatch, type LogEntry, readLog } from "../layer/index.js";
import type { RepoContext } from "../repo/index.js";
import { behindCommit, positionOf } from "./consumer-state.js";
import { commitOf } from "./row-delta.js";

/** Whole commits of some sources, in commit order. */
export interface Commits {
  readonly entries: readonly { readonly source: string; readonly entry: LogEntry }[];
  readonly count: number;
  /** Where to read on. */
  readonly after: string;
  /** Nothing is left up to the version that was asked for. */
  readonly complete: boolean;
}

interface SourceCommits extends Pick<LogBatch, "entries" | "expired"> {
  /** The last commit that is here whole; undefined when all of them are. */
  readonly last: string | undefined;
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
  const lasts = logs.map(({ read }) => read.last).filter((last) => last !== undefined);
  const last = lasts.sort()[0];
  const entries = logs
    .flatMap(({ source, read }) => read.entries.map((entry) => ({ source, entry })))
    .filter(({ entry }) => last === undefined || commitOf(entry) <= last)
    .sort((a, b) => a.entry.at.compare(b.entry.at));
  return {
    entries,
    count: new Set(entries.map(({ entry }) => commitOf(entry))).size,
    after: last === undefined ? through.toString() : behindCommit(last),
    complete: last === undefined,
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
  if (some.complete || first === undefined) return { ...some, last: undefined };
  const commits = some.entries.map(commitOf);
  const last = commits.findLast((commit) => commit < commits.at(-1)!);
  if (last !== undefined) return { ...some, last };
  // One commit is larger than the limit, so all of its version is read.
  const whole = await readLog(ctx.tx, ctx.tenant, source, { ...read, through: first.at.version, limit: 0 });
  return { ...whole, last: commitOf(whole.entries.at(-1)!) };
}
