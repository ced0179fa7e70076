import { type REPLServer, type ReplOptions, start } from "node:repl";
import { from } from "plinth";
import { Product } from "./product.js";
import { Review } from "./review.js";
import type { Shop } from "./shop.js";

/** Offers a prompt, on the terminal by default, that knows `repo`, `tenant`, `sync`, `from` and the schemas. */
export function openPrompt(
  { repo, tenant, sync }: Shop,
  onExit: () => void,
  streams: Pick<ReplOptions, "input" | "output"> = {},
): REPLServer {
  // With the globals of the program, so that a date or a list that is typed is of the same class as one in the program.
  const prompt = start({ prompt: "plinth> ", ignoreUndefined: true, useGlobal: true, ...streams });
  const known = { repo, tenant, sync, from, Product, Review };
  const provide = () => {
    for (const [name, value] of Object.entries(known)) {
      Object.defineProperty(prompt.context, name, { value, enumerable: true, configurable: true });
    }
  };
  provide();
  prompt.on("reset", provide);
  // The prompt's own way asks for Ctrl-C twice; here it clears a begun line, and stops the server on an empty one.
  prompt.removeAllListeners("SIGINT");
  prompt.on("SIGINT", () => {
    if (prompt.line === "") prompt.close();
    else prompt.write(null, { ctrl: true, name: "u" });
  });
  prompt.once("exit", onExit);
  return prompt;
}
