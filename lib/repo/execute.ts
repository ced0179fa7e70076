/** The word `execute` of a migration, with the types of a Repo. */

import { type ExecuteCommand, executeCommand, type StepCursor } from "../migration/index.js";
import type { Cursor } from "../query/index.js";
import { type SchemaClass, schemaOf } from "../schema/index.js";
import type { Repo } from "./repo.js";

/** One batch of a step that changes data: gives where the next batch begins, or nothing when all is done. */
export type ExecuteBody<C extends StepCursor = Cursor> = (
  tx: Repo,
  cursor: C | undefined,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that gives nothing is one of a single batch
) => Promise<C | null | undefined | void>;

/** Options of `execute`. */
export interface ExecuteStepOptions {
  /** Tells this step from others when the migration's class is called otherwise (a minifier); default: the class's name. */
  readonly name?: string;
  /**
   * The schema (or source) whose records it goes through, so that `plinth migrate --dry-run` can count them. Default: none,
   * they are not counted.
   */
  readonly on?: SchemaClass | string;
}

/**
 * A step of a migration that changes data, in as many batches as it takes.
 *
 * Each call of the function is one batch in one transaction: `tx` is the Repo bound to it. The cursor that it gives (text,
 * a number, bytes, or a plain list or object of them) is stored in the same transaction and handed to the next batch, so
 * every batch is committed exactly once, through kills, handovers and unknown outcomes; `undefined` or `null` ends the
 * step.
 *
 * A batch that conflicts runs again, so it must have no other effects. Keep batches small: a transaction has five seconds
 * and 10 MB (FoundationDB's limits).
 *
 * @example
 * class TrimNames extends Migration {
 *   override change() {
 *     return [
 *       execute(async (tx, cursor) => {
 *         const { rows, next } = await tx.page(from(User), { limit: 500, after: cursor ?? null });
 *         for (const user of rows) await tx.update(change(user, { name: user.name.trim() }));
 *         return next;
 *       }, { on: User }),
 *     ];
 *   }
 * }
 * @example execute<number>(async (tx, done = 0) => (done < 5_000 ? done + 500 : undefined)); // a cursor of another type than a page's
 * @throws MigrationError for what is no function; while migrating, for a cursor that cannot be stored or does not move
 */
export function execute<C extends StepCursor = Cursor>(
  body: ExecuteBody<C>,
  options: ExecuteStepOptions = {},
): ExecuteCommand {
  const { name, on, ...others } = options;
  const source = typeof on === "function" ? schemaOf(on).source : on;
  return executeCommand(body as (tx: never, cursor: StepCursor | undefined) => unknown, {
    ...others,
    ...(name === undefined ? {} : { name }),
    ...(source === undefined ? {} : { source }),
  });
}
