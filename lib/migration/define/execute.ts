/** The step of a migration that changes data: a function of the application, run batch after batch. */

import { MigrationError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";

/** What a batch gives to the next one: text, numbers, bytes, and lists and objects of them. */
export type StepCursor = StoredValue;

/** One batch: gets where the last one ended, gives where the next one begins, or nothing when all is done. */
export type StepBody = (tx: never, cursor: StepCursor | undefined) => unknown;

export interface ExecuteOptions {
  /** Tells this step from others of its migration, and of other migrations; default: its place in the migration. */
  readonly name?: string;
  /** The source whose records it goes through, so that a dry run can count them. */
  readonly source?: string;
}

/** A step that changes data, among the commands of a migration. */
export interface ExecuteCommand {
  /** Tells it from other commands. */
  readonly action: "execute";
  /** The function of a batch. */
  readonly body: StepBody;
  /** What tells it from other steps; undefined for its place in the migration. */
  readonly name: string | undefined;
  /** The source whose records it goes through, for a dry run. */
  readonly source: string | undefined;
}

/** @throws MigrationError for what is no function, and for options that it does not know */
export function executeCommand(body: StepBody, options: ExecuteOptions = {}): ExecuteCommand {
  if (typeof body !== "function") {
    throw new MigrationError("execute takes a function: execute(async (tx, cursor) => { … return next; }).");
  }
  for (const [name, value] of Object.entries(options)) {
    const known = name === "name" || name === "source";
    if (known && (value === undefined || (typeof value === "string" && value !== ""))) continue;
    throw new MigrationError(
      `execute has no option ${name}: ${JSON.stringify(value)}; it takes { name: "…", on: Schema }.`,
    );
  }
  return Object.freeze({ action: "execute", body, name: options.name, source: options.source });
}
