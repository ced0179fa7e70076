/** What every new project has: a schema, its migration, the store, and the configuration of the tools. */

import type { ProjectOptions } from "./project-options.js";
import { unindented } from "./unindented.js";
import type { ProjectFiles } from "./write-project.js";

export function commonFiles({ name, framework }: Pick<ProjectOptions, "name" | "framework">): ProjectFiles {
  return {
    "tsconfig.json": `${JSON.stringify(tsconfig, null, 2)}\n`,
    ".gitignore": "node_modules/\ndata/\n",
    "README.md": readme(name, framework),
    "plinth.config.ts": config,
    "migrations/0001_notes.ts": migration,
    "src/note.ts": schema,
    "src/store.ts": store(name),
  };
}

const tsconfig = {
  compilerOptions: {
    target: "es2022",
    module: "nodenext",
    lib: ["es2023", "esnext.disposable"],
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    experimentalDecorators: true,
    isolatedModules: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["src", "migrations", "test", "plinth.config.ts"],
};

const schema = unindented(`
  import { cast, Field, InsertedAt, PrimaryKey, Schema, UpdatedAt } from "plinth";

  @Schema("notes")
  export class Note {
    @PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
    @Field("string") declare text: string;
    @Field("boolean", { default: false }) declare done: boolean;
    @InsertedAt() declare insertedAt: Date;
    @UpdatedAt() declare updatedAt: Date;

    /** What may come from outside, and what it has to be like. */
    static changeset(note: Note | typeof Note, params: unknown = {}) {
      return cast(note, params, ["text", "done"]).validateRequired(["text"]).validateLength("text", { max: 500 });
    }
  }
`);

const migration = unindented(`
  import { create, index, Migration, metadata } from "plinth";
  import { Note } from "../src/note.js";

  export class Notes extends Migration {
    override change() {
      // The index gives the notes in their order, the metadata makes them known to live queries.
      return [create(metadata(Note)), create(index(Note, ["insertedAt"]))];
    }
  }
`);

const store = (name: string): string =>
  unindented(`
  import { Repo, Sync, Tenant } from "plinth";
  import { Notes } from "../migrations/0001_notes.js";

  /** The store of the project; PLINTH_URL names another one, for example fdb: for a cluster. */
  export function openRepo(url = "embedded:./data"): Repo {
    return new Repo({ url, storageId: ${JSON.stringify(name)}, migrations: [[1, Notes]] });
  }

  export interface Store {
    readonly repo: Repo;
    readonly tenant: Tenant;
    readonly sync: Sync;
    close(): Promise<void>;
  }

  /** Opens one tenant with its migrations applied; a service has one for each customer. */
  export async function openStore(url?: string): Promise<Store> {
    const repo = openRepo(url);
    const tenant = await Tenant.openOrCreate(repo, "main");
    const sync = new Sync(repo);
    const close = async () => {
      await sync.close();
      await repo.close();
    };
    return { repo, tenant, sync, close };
  }
`);

const config = unindented(`
  import type { PlinthConfig } from "plinth/cli";
  import { Note } from "./src/note.js";
  import { openRepo } from "./src/store.js";

  const config: PlinthConfig = { repo: () => openRepo(), schemas: [Note] };
  export default config;
`);

const starts = {
  none: "npm start         # type a note and press Return; the list follows",
  hono: "npm start         # http://localhost:3000/notes, and its live stream at /live",
  nestjs: "npm start         # http://localhost:3000/notes, and its live stream at /live",
} as const;

const readme = (name: string, framework: ProjectOptions["framework"]): string =>
  unindented(`
  # ${name}

  \`\`\`sh
  npm install
  npm test
  ${starts[framework]}
  npm run check     # types
  npm run plinth -- status
  npm run plinth -- gen migration add-something
  \`\`\`

  The data is in \`data/\`; one process at a time has it open. \`PLINTH_URL=fdb:\` uses a FoundationDB cluster instead.

  | | |
  | --- | --- |
  | \`src/note.ts\` | the schema, and what may come from outside |
  | \`migrations/\` | what a tenant gets when it is opened |
  | \`src/store.ts\` | the store, one tenant of it, and live queries on it |
  | \`plinth.config.ts\` | the same for the command \`plinth\` |
`);
