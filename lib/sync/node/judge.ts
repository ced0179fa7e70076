/** Asks a function of the application whether a row may be seen, now or at the version of a cursor. */

import type { Allow } from "../live/index.js";
import { Unresumable } from "../log/index.js";
import type { LiveNode, Past, Step } from "./contracts.js";

/**
 * @param unknown fields of a past row that nobody kept
 * @throws Unresumable when the function has looked at one of these, whatever it made of it
 */
export function judge(
  allow: Allow,
  row: unknown,
  unknown: readonly string[] | undefined,
  context: Parameters<Allow>[1],
): boolean {
  if (unknown === undefined) return allow(row, context);
  const seen = { lost: false };
  let allowed = false;
  try {
    allowed = allow(withoutUnknown(row as object, unknown, seen), context);
  } catch (error) {
    if (!seen.lost) throw error;
  }
  if (seen.lost) throw new Unresumable("cursor-expired");
  return allowed;
}

function withoutUnknown(row: object, unknown: readonly string[], seen: { lost: boolean }): object {
  return new Proxy(row, {
    get(target, field) {
      if (unknown.includes(field as string)) {
        seen.lost = true;
        throw new Unresumable("cursor-expired");
      }
      return Reflect.get(target, field);
    },
  });
}

/**
 * The value of the rights, which has to be what it was at the cursor.
 *
 * @throws Unresumable
 */
export async function rightsSince(step: Step, past: Past, rights: LiveNode | undefined): Promise<unknown> {
  if (rights === undefined) return undefined;
  const now = step.viewOf(rights);
  const then = await past.entries(step, rights);
  const same = then.length === now.entries.length && then.every((entry, i) => entry === now.entries[i]);
  if (!same) throw new Unresumable("rights-changed");
  return now.value;
}
