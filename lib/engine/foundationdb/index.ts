export { openFoundationDB } from "./open-foundationdb.js";
