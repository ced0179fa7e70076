/** Entries of the change log as bytes, for programs that judge the keys and values of a store by themselves. */

export { decodeLogEntry, encodeLogEntry, type LogEntry, type LoggedChange } from "./log/index.js";
