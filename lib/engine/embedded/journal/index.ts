export { type FoundCommits, findCommits } from "./find-commits.js";
export { Journal, segmentNames } from "./journal.js";
export { Lives } from "./lives.js";
export { applyCommits, recover } from "./recover.js";
