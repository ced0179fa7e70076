/** Reads the rows of a query page by page, each page in a transaction of its own, or all of them as one snapshot. */

import { EngineError } from "../../engine/index.js";
import { InvalidOptionsError, InvalidQueryError, SnapshotExpiredError } from "../../errors.js";
import type { Cursor } from "../../query/index.js";
import { showValue } from "../../schema/index.js";
import { observed } from "../observe/index.js";
import { type RepoState, type Session, sessionOf } from "../transaction/index.js";
import { type Page, readPage, type Within } from "./page.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames, readOptions } from "./read-options.js";

/** Work in the transaction of each page: `tx` is the Repo in it. It runs again with a retry. */
export type StreamWork = (tx: never, rows: readonly never[]) => unknown;

/** Options of `stream`. */
export interface StreamOptions<Work = StreamWork> extends ReadOptions {
  /** Rows for each transaction; default 500. */
  readonly batch?: number;
  /**
   * `"snapshot"`: all rows as they were at one moment, as long as the store keeps it (five seconds, for
   * `SnapshotExpiredError`). A function: is called with each page in its transaction, before its rows are given. Default:
   * each page as it is then.
   */
  readonly within?: "snapshot" | Work;
}

const streamNames: ReadonlySet<string> = new Set([...readOptionNames, "batch", "within"]);

/** FoundationDB's code of a version that is not kept any more. */
const TOO_OLD = 1007;

export async function* stream<R>(
  state: RepoState,
  query: AnyQuery<R>,
  given: StreamOptions = {},
): AsyncGenerator<R> {
  const options = readOptions(state, "stream", given, streamNames);
  const { batch = 500, within } = options;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new InvalidQueryError(
      `{ batch } of repo.stream is a whole number of at least 1, not ${showValue(batch)}.`,
    );
  }
  const besides = besidesOf(state, within);
  const ast = treeOf(query);
  if (ast.limit === 0) return;
  let after: Cursor | null = null;
  do {
    const place: Cursor | null = after;
    const read = () => readPage<R>(state, ast, batch, "stream", { ...options, after: place }, besides);
    const page: Page<R> = await observed("stream", query, state.core, () => inTime(within, read));
    yield* page.rows;
    after = page.next;
  } while (after !== null);
}

/** @throws InvalidOptionsError */
function besidesOf(state: RepoState, within: StreamOptions["within"]): Within {
  if (within === undefined) return {};
  if (within === "snapshot") return sessionOf(state) === undefined ? atOneVersion() : {};
  if (typeof within !== "function") {
    throw new InvalidOptionsError(
      `{ within } of repo.stream is "snapshot", or a function (tx, rows) => …, not ${showValue(within)}.`,
    );
  }
  return {
    // A part of its own: what fails in it and is caught there has written nothing.
    after: async (session, rows) => {
      await session.part((part) => part.within(async (repo) => within(repo as never, rows as never)));
    },
  };
}

/** Every page is read at the version of the first one. */
function atOneVersion(): Within {
  let version: bigint | undefined;
  return {
    async before({ layer }: Session) {
      if (version === undefined) version = await layer.tx.getReadVersion();
      else layer.tx.setReadVersion(version);
    },
  };
}

/** A later attempt would read at the same version, which is gone for good. */
async function inTime<T>(within: StreamOptions["within"], read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (within !== "snapshot" || !isTooOld(error)) throw error;
    throw new SnapshotExpiredError(
      'repo.stream with { within: "snapshot" } took longer than the store keeps one version of its data, about five seconds, ' +
        "usually because the loop over its rows waits for other work. Read all rows first (repo.all), take fewer, or leave " +
        "`within` out: then each page is read as it is at its time.",
      { cause: error },
    );
  }
}

const isTooOld = (error: unknown): boolean =>
  (error instanceof EngineError && error.fdbCode === TOO_OLD) ||
  (error instanceof Error && error.cause !== undefined && isTooOld(error.cause));
