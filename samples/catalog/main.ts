import { createApp } from "./app.js";
import { openPrompt } from "./prompt.js";
import { listen } from "./server.js";
import { openShop } from "./shop.js";

const port = Number(process.env.PORT || 4000);
// Other machines, such as a phone, see the pages with HOST=0.0.0.0.
const host = process.env.HOST || "127.0.0.1";

try {
  if (!Number.isInteger(port))
    throw new Error(`PORT is "${process.env.PORT}", and should be a number such as 4000.`);
  const shop = await openShop(process.env.PLINTH_URL || "embedded:.plinth");
  const server = await listen(createApp(shop), port, host).catch(async (error: unknown) => {
    await shop.close();
    throw error;
  });
  const address = `http://localhost:${server.port}`;
  console.log(`The catalog:   ${address}/\nIts admin:     ${address}/admin\nThe lab:       ${address}/lab`);

  const stop = once(async () => {
    prompt?.close();
    await server.close();
    await shop.close();
    process.exit(0);
  });
  process.on("SIGINT", stop).on("SIGTERM", stop);
  const hasTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const prompt = hasTerminal ? openPrompt(shop, stop) : null;
} catch (error) {
  console.error(explain(error));
  process.exitCode = 1;
}

/** Runs at most once: closing the prompt asks for the end again, and so does an impatient second Ctrl-C. */
function once(run: () => Promise<void>): () => void {
  let called = false;
  return () => {
    if (called) return;
    called = true;
    run().catch((error: unknown) => {
      console.error(explain(error));
      process.exit(1);
    });
  };
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "EADDRINUSE") {
    return `Port ${port} is in use. Take another one:  PORT=${port + 1} npm run sample`;
  }
  return error.message;
}
