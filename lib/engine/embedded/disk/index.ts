export type { Change } from "./change.js";
export { DataFile } from "./data-file.js";
export { Journal } from "./journal.js";
export { openFailure } from "./open-failure.js";
export { recover } from "./recover.js";
export { encodeVersion, JOURNAL_KEY, PROMISE_KEY, promisedVersion } from "./store-keys.js";
export { type StoreLock, takeLock } from "./store-lock.js";
export { makeFolder } from "./sync-folder.js";
export { writeFailure } from "./write-failure.js";
