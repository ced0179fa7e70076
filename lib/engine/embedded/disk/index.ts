export type { Change } from "./change.js";
export { checkFile } from "./check-file.js";
export { corruptStore } from "./corrupt-store.js";
export { DataFile } from "./data-file.js";
export { openFailure } from "./open-failure.js";
export {
  CLEAR_PREFIX,
  commitChange,
  committedVersion,
  type JournalNote,
  journalChange,
  journalEndChanges,
  journalEnded,
  journalInUse,
  KEPT_PREFIX,
  livesChange,
  newIdentity,
  promiseChange,
  promisedVersion,
  storeChange,
  storedLives,
  storeIdentity,
} from "./store-keys.js";
export { isAt, type StoreLock, takeLock } from "./store-lock.js";
export { makeFolder, syncFolder, syncFolderAbove } from "./sync-folder.js";
export { errnoOf, isFull } from "./system-error.js";
export { writeAll } from "./write-all.js";
export { writeFailure } from "./write-failure.js";
