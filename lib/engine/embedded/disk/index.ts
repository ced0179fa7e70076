export type { Change } from "./change.js";
export { checkFile } from "./check-file.js";
export { DataFile } from "./data-file.js";
export { Journal } from "./journal.js";
export { takeLock } from "./lock-file.js";
export { recover } from "./recover.js";
export {
  CLEAR_PREFIX,
  encodeVersion,
  JOURNAL_KEY,
  KEPT_PREFIX,
  PROMISE_KEY,
  promisedVersion,
} from "./store-keys.js";
export { writeFailure } from "./write-failure.js";
