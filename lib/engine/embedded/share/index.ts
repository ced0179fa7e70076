export { Link } from "./link.js";
export type { AskedOptions } from "./messages.js";
export { type RemoteHost, RemoteTransaction } from "./remote-transaction.js";
export { type ShareServer, serveStore } from "./share-server.js";
