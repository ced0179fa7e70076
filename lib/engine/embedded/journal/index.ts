export { type FoundCommits, findCommits } from "./find-commits.js";
export { Journal, segmentNames } from "./journal.js";
export type { JournalRecord } from "./journal-record.js";
export { Lives } from "./lives.js";
export { applyCommits, recover, wholeCommits } from "./recover.js";
