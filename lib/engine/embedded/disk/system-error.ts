/** What the operating system said of a call that failed, whether Node or LMDB passes it on. */

import { constants } from "node:os";

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** What LMDB says of a failed commit comes as the system's sentence alone. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, "ENOSPC"],
  [/quota exceeded/i, "EDQUOT"],
  [/file too large/i, "EFBIG"],
  [/input\/output error|i\/o error/i, "EIO"],
  [/permission denied/i, "EACCES"],
  [/read-only file system/i, "EROFS"],
  [/too many open files in system/i, "ENFILE"],
  [/too many open files/i, "EMFILE"],
  [/cannot allocate memory|out of memory/i, "ENOMEM"],
];

/** The system's name of the reason (`"ENOSPC"`); undefined when the error is not the system's. */
export function errnoOf(error: unknown): string | undefined {
  const { code, errno, message } = (error ?? {}) as { code?: unknown; errno?: unknown; message?: unknown };
  if (typeof code === "string" && /^E[A-Z0-9]+$/.test(code)) return code;
  // Of some reasons Node knows no more than the number (a quota is `UNKNOWN`).
  for (const number of [code, errno])
    if (typeof number === "number" && names.has(Math.abs(number))) return names.get(Math.abs(number));
  if (typeof code === "string") return undefined;
  return sentences.find(([sentence]) => sentence.test(String(message)))?.[1];
}

/** Whether the reason is that there is no room: on the disk, in a quota, or in what one file may grow to. */
export const isFull = (errno: string | undefined): boolean =>
  errno === "ENOSPC" || errno === "EDQUOT" || errno === "EFBIG";
