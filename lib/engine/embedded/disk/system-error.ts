/** What the operating system said of a call that failed, whether Node or LMDB passes it on. */

import { constants } from "node:os";

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The system's name of the reason (`"ENOSPC"`); undefined when the error is not the system's. */
export function errnoOf(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === "number") return names.get(code);
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Whether the reason is that there is no room: on the disk, in a quota, or in what one file may grow to. */
export const isFull = (errno: string | undefined): boolean =>
  errno === "ENOSPC" || errno === "EDQUOT" || errno === "EFBIG";
