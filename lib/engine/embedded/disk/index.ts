export type { Change } from "./change.js";
export { corruptStore } from "./corrupt-store.js";
export { DataFile } from "./data-file.js";
export { openFailure } from "./open-failure.js";
export {
  commitChange,
  committedVersion,
  type JournalNote,
  journalChange,
  journalEndChanges,
  journalEnded,
  journalInUse,
  livesChange,
  promiseChange,
  promisedVersion,
  storeChange,
  storedLives,
  storeIdentity,
} from "./store-keys.js";
export { isAt, type StoreLock, takeLock } from "./store-lock.js";
export { makeFolder, syncFolder, syncFolderAbove } from "./sync-folder.js";
export { errnoOf, isFull } from "./system-error.js";
export { writeFailure } from "./write-failure.js";
