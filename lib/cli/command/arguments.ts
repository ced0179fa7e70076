/** Checks that a command line has as many arguments as its verb takes. */

import { UsageError } from "../../errors.js";
import { type Command, nameOf } from "./command.js";
import { usageOf } from "./help.js";

/** @throws UsageError, with the usage of the verb */
export function checkArguments(command: Command, given: readonly string[]): void {
  const required = command.args.filter(({ optional }) => optional !== true);
  const missing = required[given.length];
  const usage = `Usage: ${usageOf(command)}`;
  if (missing !== undefined) {
    throw new UsageError(`"plinth ${nameOf(command)}" needs ${missing.name} (${missing.summary}). ${usage}`);
  }
  const many = command.args.at(-1)?.many === true;
  const surplus = given[command.args.length];
  if (!many && surplus !== undefined) {
    throw new UsageError(`"plinth ${nameOf(command)}" does not take "${surplus}". ${usage}`);
  }
}
