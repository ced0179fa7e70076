import { type REPLServer, type ReplOptions } from "node:repl";
import type { Shop } from "./shop.js";
/** Offers a prompt, on the terminal by default, that knows `repo`, `tenant`, `sync`, `from` and the schemas. */
export declare function openPrompt({ repo, tenant, sync }: Shop, onExit: () => void, streams?: Pick<ReplOptions, "input" | "output">): REPLServer;
