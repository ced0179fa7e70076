/** A new project on NestJS: notes over HTTP, errors with their fields, and a live stream. */

import { serviceTest } from "./service-test.js";
import { unindented } from "./unindented.js";
import type { ProjectFiles } from "./write-project.js";

export const nestFiles: ProjectFiles = {
  "src/app.module.ts": unindented(`
  import "reflect-metadata";
  import type { IncomingMessage, ServerResponse } from "node:http";
  import {
    All,
    Body,
    Controller,
    type DynamicModule,
    Get,
    Inject,
    Module,
    Post,
    Req,
    Res,
    UnprocessableEntityException,
  } from "@nestjs/common";
  import { from, type Sync } from "plinth";
  import { nodeHandler, syncHandler } from "plinth/web";
  import { Note } from "./note.js";
  import type { Store } from "./store.js";

  const STORE = Symbol("store");

  const queriesOf = (sync: Sync) => ({ notes: sync.all(from(Note).orderBy("insertedAt")) });

  /** For the page: connect<Live>("/live") of plinth/client. */
  export type Live = ReturnType<typeof queriesOf>;

  // tsx writes no metadata of types, so what is injected is named.
  @Controller()
  class NotesController {
    readonly #live;

    constructor(@Inject(STORE) private readonly store: Store) {
      const { sync, tenant } = store;
      this.#live = nodeHandler(syncHandler(sync, () => ({ tenant, queries: queriesOf(sync) })));
    }

    @Get("notes")
    list(): Promise<readonly Note[]> {
      const { repo, tenant } = this.store;
      return repo.all(from(Note).orderBy("insertedAt"), { tenant });
    }

    @Post("notes")
    async create(@Body() params: unknown): Promise<Note> {
      const { repo, tenant } = this.store;
      const result = await repo.tryInsert(Note.changeset(Note, params ?? {}), { tenant });
      if (result.ok) return result.value;
      throw new UnprocessableEntityException({ errors: result.changeset.traverseErrors() });
    }

    @All("live")
    live(@Req() request: IncomingMessage, @Res() response: ServerResponse) {
      return this.#live(request, response);
    }
  }

  @Module({})
  export class AppModule {
    static of(store: Store): DynamicModule {
      return {
        module: AppModule,
        controllers: [NotesController],
        providers: [{ provide: STORE, useValue: store }],
      };
    }
  }
`),
  "src/main.ts": unindented(`
  import { NestFactory } from "@nestjs/core";
  import { AppModule } from "./app.module.js";
  import { openStore } from "./store.js";

  const store = await openStore();
  const app = await NestFactory.create(AppModule.of(store), { forceCloseConnections: true });
  const port = Number(process.env.PORT ?? 3000);
  await app.listen(port);
  console.log(\`http://localhost:\${port}/notes, live at /live\`);

  process.once("SIGINT", async () => {
    await app.close();
    await store.close();
    process.exit(0);
  });
`),
  "test/notes.test.ts": serviceTest(
    'import { NestFactory } from "@nestjs/core";\nimport { AppModule } from "../src/app.module.js";\nimport { openStore } from "../src/store.js";',
    unindented(`
  async function open() {
    const store = await openStore("memory:");
    const app = await NestFactory.create(AppModule.of(store), { logger: false, forceCloseConnections: true });
    await app.listen(0, "127.0.0.1");
    const address = await app.getUrl();
    return {
      call: (path: string, init?: RequestInit) => fetch(address + path, init),
      async close() {
        await app.close();
        await store.close();
      },
    };
  }`),
  ),
};
