/** The typed error for an open that the system refuses: what happened, and what would let it through. */

import { PlinthError, StoreFullError, StoreUnavailableError } from "../../../errors.js";
import { errnoOf, isFull } from "./system-error.js";

/** What to do about a reason that the system gives. */
const advice: Readonly<Record<string, string>> = {
  EACCES: "Give the user of this process the right to read and write the folder and every file in it.",
  EPERM: "Give the user of this process the right to read and write the folder and every file in it.",
  EROFS: "The place is mounted read-only; mount it for writing, or point the URL at another folder.",
  EMFILE: "This process has as many files open as it may: close some, or raise `ulimit -n`.",
  ENFILE: "The machine has as many files open as it may: raise `fs.file-max`.",
  ENOTDIR: "A file stands where a folder belongs: point the URL at a folder.",
  EEXIST: "A file stands where a folder belongs: point the URL at a folder.",
  EISDIR: "A folder stands where a file of the store belongs: move it away.",
  ENOENT: "A part of the path is missing, or leads into nothing: make the folder, or mend the link.",
  ELOOP: "The links of the path lead in a circle: mend them.",
  ENAMETOOLONG: "The path is longer than the system takes: choose a shorter one.",
  ENOMEM: "The machine has no memory left for the file's pages.",
  ENOLCK: "The file system has no locks: keep the store on a local disk.",
  ENOTSUP: "The file system has no locks: keep the store on a local disk.",
  EIO: "The disk failed; check it before the store is opened again.",
};

/** `error` of an open of `path` as what it means; typed errors and those that are not the system's stay as they are. */
export function openFailure(path: string, error: unknown): unknown {
  const errno = errnoOf(error);
  if (error instanceof PlinthError || errno === undefined) return error;
  const text = error instanceof Error ? error.message : String(error);
  if (isFull(errno)) {
    return new StoreFullError(
      `The disk under ${path} is full, so the store cannot be opened (${text}). Nothing was changed; free space and ` +
        "open it again.",
      { cause: error },
    );
  }
  return new StoreUnavailableError(
    errno,
    `The system refuses to open the store in ${path} (${errno}: ${text}). Nothing was changed. ` +
      (advice[errno] ?? "Remove the cause and open it again."),
    { cause: error },
  );
}
