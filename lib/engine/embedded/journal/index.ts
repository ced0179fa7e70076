export { Journal } from "./journal.js";
export { Lives } from "./lives.js";
export { recover } from "./recover.js";
export {
  commitChange,
  committedVersion,
  journalChange,
  journalEndChanges,
  livesChange,
  promiseChange,
  promisedVersion,
  storeChange,
  storedLives,
  storeIdentity,
} from "./store-keys.js";
