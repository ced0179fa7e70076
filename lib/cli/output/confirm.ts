/** Asks before something is destroyed. */

import { NotConfirmedError } from "../../errors.js";
import type { Output } from "./output.js";

/**
 * Lets a destructive verb go on only when `--yes` is given or somebody at the terminal says yes.
 *
 * @throws NotConfirmedError
 */
export async function confirm(out: Output, what: string, yes: boolean): Promise<void> {
  if (yes) return;
  const answer = await out.ask(`${what}?`);
  if (answer === true) return;
  throw new NotConfirmedError(
    answer === false
      ? `Nothing was changed: ${what} was not confirmed.`
      : `Nothing was changed: ${what} needs a yes, and nobody can be asked here. Add --yes.`,
  );
}
