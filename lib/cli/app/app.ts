/** Opens the store that the configuration or the flags name, for a verb to work on. */

import { type Engine, openEngine } from "../../engine/index.js";
import { ConfigError } from "../../errors.js";
import { MetadataCache } from "../../layer/index.js";
import { internals, Repo } from "../../repo/index.js";
import { type SchemaInfo, schemaOf } from "../../schema/index.js";
import type { TenantHost } from "../../tenant/index.js";
import { repoOf } from "./check-config.js";
import type { CliEnvironment } from "./environment.js";
import { loadConfig } from "./load-config.js";
import type { LoadedConfig } from "./plinth-config.js";
import type { StoreFlags } from "./store-flags.js";

/** The store that a verb works on. */
export interface App {
  /** The application's Repo: opening a tenant with it applies the migrations. */
  readonly repo: Repo;
  readonly engine: Engine;
  readonly storageId: string;
  /** Opens tenants as they are, without applying migrations. */
  readonly host: TenantHost;
  readonly metadata: MetadataCache;
  /** The configuration's schemas by source. */
  readonly schemas: ReadonlyMap<string, SchemaInfo>;
  readonly config: LoadedConfig | undefined;
  close(): Promise<void>;
}

/**
 * Opens the store of the configuration, with `--url` and `--storage-id` in its place where they are given.
 *
 * @throws ConfigError, and what opening an engine throws
 */
export async function openApp(globals: StoreFlags, environment: CliEnvironment): Promise<App> {
  const config = await loadConfig(globals, environment);
  const closing: (() => Promise<void>)[] = [];
  const repo = await openRepo(config, globals, environment, closing);
  const engine = await internals(repo).engine();
  const { storageId } = repo.config;
  return {
    repo,
    engine,
    storageId,
    host: {
      storageId,
      engine: () => Promise.resolve(engine),
      prepareTenant: () => Promise.resolve(),
      opensUnfinished: true,
    },
    metadata: new MetadataCache(),
    schemas: schemasOf(config),
    config,
    async close() {
      for (const close of closing) await close();
    },
  };
}

async function openRepo(
  config: LoadedConfig | undefined,
  globals: StoreFlags,
  environment: CliEnvironment,
  closing: (() => Promise<void>)[],
): Promise<Repo> {
  const given = config === undefined ? undefined : await repoOf(config);
  // A Repo that the caller has made in this process is the caller's to close.
  if (given !== undefined && (config?.file !== undefined || typeof config?.repo === "function")) {
    closing.push(() => given.close());
  }
  const storageId = globals["storage-id"] ?? given?.config.storageId;
  const url = globals.url ?? (given === undefined ? environment.env.PLINTH_URL : undefined);
  if (given !== undefined && url === undefined && storageId === given.config.storageId) return given;
  if (storageId === undefined || (given === undefined && url === undefined)) throw noConfig();
  // A flag is meant as it is written, so the URL does not go through the Repo, where PLINTH_URL comes first.
  const engine = url === undefined ? await internals(given as Repo).engine() : await openEngine(url);
  if (url !== undefined) closing.unshift(() => engine.close());
  const { migrations = [], allowMismatch = [], transaction = {} } = given?.config ?? {};
  const repo = new Repo({ engine, storageId, migrations, allowMismatch, transaction });
  closing.unshift(() => repo.close());
  return repo;
}

function schemasOf(config: LoadedConfig | undefined): ReadonlyMap<string, SchemaInfo> {
  const infos = (config?.schemas ?? []).map((schema) => schemaOf(schema) as unknown as SchemaInfo);
  return new Map(infos.map((info) => [info.source, info]));
}

function noConfig(): ConfigError {
  return new ConfigError(
    "There is no plinth.config.js here or above, and no --url with --storage-id. Write plinth.config.js:\n" +
      '  export default { repo: () => new Repo({ url: "embedded:./data", storageId: "my-app" }), schemas: [] };\n' +
      "or name the store: plinth status --url embedded:./data --storage-id my-app",
  );
}
