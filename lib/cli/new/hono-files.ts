/** A new project on Hono: notes over HTTP, errors with their fields, and a live stream. */

import { serviceTest } from "./service-test.js";
import { unindented } from "./unindented.js";
import type { ProjectFiles } from "./write-project.js";

export const honoFiles: ProjectFiles = {
  "src/app.ts": unindented(`
  import { Hono } from "hono";
  import { from, type Sync } from "plinth";
  import { syncHandler } from "plinth/web";
  import { Note } from "./note.js";
  import type { Store } from "./store.js";

  const queriesOf = (sync: Sync) => ({ notes: sync.all(from(Note).orderBy("insertedAt")) });

  /** For the page: connect<Live>("/live") of plinth/client. */
  export type Live = ReturnType<typeof queriesOf>;

  export function createApp({ repo, tenant, sync }: Store): Hono {
    const live = syncHandler(sync, () => ({ tenant, queries: queriesOf(sync) }));
    const app = new Hono();
    app.get("/notes", async (c) => c.json(await repo.all(from(Note).orderBy("insertedAt"), { tenant })));
    app.post("/notes", async (c) => {
      const params: unknown = await c.req.json().catch(() => ({}));
      const result = await repo.tryInsert(Note.changeset(Note, params), { tenant });
      if (result.ok) return c.json(result.value, 201);
      return c.json({ errors: result.changeset.traverseErrors() }, 422);
    });
    app.all("/live", (c) => live(c.req.raw));
    return app;
  }
`),
  "src/main.ts": unindented(`
  import { serve } from "@hono/node-server";
  import { createApp } from "./app.js";
  import { openStore } from "./store.js";

  const store = await openStore();
  const port = Number(process.env.PORT ?? 3000);
  const server = serve({ fetch: createApp(store).fetch, port }, () => {
    console.log(\`http://localhost:\${port}/notes, live at /live\`);
  });

  process.once("SIGINT", async () => {
    server.close();
    await store.close();
    process.exit(0);
  });
`),
  "test/notes.test.ts": serviceTest(
    'import { createApp } from "../src/app.js";\nimport { openStore } from "../src/store.js";',
    unindented(`
  async function open() {
    const store = await openStore("memory:");
    const app = createApp(store);
    return { call: async (path: string, init?: RequestInit) => app.request(path, init), close: () => store.close() };
  }`),
  ),
};
