/** Opens the store that the configuration or the flags name, for a verb to work on. */

import { dirname } from "node:path";
import { type Engine, openOrJoin } from "../../engine/index.js";
import { ConfigError, StoreLockedError } from "../../errors.js";
import { MetadataCache } from "../../layer/index.js";
import { internals, Repo } from "../../repo/index.js";
import { type SchemaInfo, schemaOf } from "../../schema/index.js";
import type { TenantHost } from "../../tenant/index.js";
import { repoOf } from "./check-config.js";
import type { CliEnvironment } from "./environment.js";
import { loadConfig } from "./load-config.js";
import type { LoadedConfig } from "./plinth-config.js";
import type { StoreFlags } from "./store-flags.js";
import { requireStore, urlFrom } from "./store-place.js";

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
 * @param createsStore whether the verb may make the configuration's store; one that a flag names only --create makes
 * @throws ConfigError, StoreNotFoundError, and what opening an engine throws
 */
export async function openApp(
  globals: StoreFlags,
  environment: CliEnvironment,
  createsStore: boolean,
): Promise<App> {
  const config = await loadConfig(globals, environment);
  const closing: (() => Promise<void>)[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closing) await close();
  };
  const repo = await openRepo(config, { globals, environment, createsStore }, closing).catch(
    async (error: unknown) => {
      await closeAll();
      throw error;
    },
  );
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
    close: closeAll,
  };
}

interface Opening {
  readonly globals: StoreFlags;
  readonly environment: CliEnvironment;
  readonly createsStore: boolean;
}

async function openRepo(
  config: LoadedConfig | undefined,
  { globals, environment, createsStore }: Opening,
  closing: (() => Promise<void>)[],
): Promise<Repo> {
  const given = config === undefined ? undefined : await repoOf(config, environment.cwd);
  // A Repo that the caller has made in this process is the caller's to close.
  if (given !== undefined && (config?.file !== undefined || typeof config?.repo === "function")) {
    closing.push(() => given.close());
  }
  const storageId = globals["storage-id"] ?? given?.config.storageId;
  const named = globals.url ?? (given === undefined ? environment.env.PLINTH_URL : undefined);
  if (storageId === undefined || (given === undefined && named === undefined)) throw noConfig();
  const url = named === undefined ? placeOf(given, config, environment) : urlFrom(environment.cwd, named);
  if (url !== undefined) requireStore(url, globals.create || (createsStore && named === undefined));
  const own = given !== undefined && named === undefined;
  if (
    own &&
    storageId === given.config.storageId &&
    (url === undefined || url === given.config.url) &&
    (await opensItself(given))
  ) {
    return given;
  }
  // A flag is meant as it is written, so the URL does not go through the Repo, where PLINTH_URL comes first.
  const place = url ?? placeToJoin(given);
  const engine = place === undefined ? await internals(given as Repo).engine() : await openOrJoin(place);
  if (place !== undefined) closing.unshift(() => engine.close());
  const { migrations = [], allowMismatch = [], transaction = {}, tenantId } = given?.config ?? {};
  const logger = given === undefined ? undefined : internals(given).logger;
  const repo = new Repo({
    engine,
    storageId,
    migrations,
    allowMismatch,
    transaction,
    ...(tenantId === undefined ? {} : { tenantId }),
    ...(logger === undefined ? {} : { logger }),
  });
  closing.unshift(() => repo.close());
  return repo;
}

/** False for a store that a server has open: then the server is asked for it, if it shares it. */
async function opensItself(repo: Repo): Promise<boolean> {
  try {
    await internals(repo).engine();
    return true;
  } catch (error) {
    if (error instanceof StoreLockedError && placeToJoin(repo) !== undefined) return false;
    throw error;
  }
}

/** The URL of a Repo whose embedded store is not open in this process. */
const placeToJoin = (repo: Repo | undefined): string | undefined =>
  repo !== undefined &&
  internals(repo).opened === undefined &&
  repo.config.url?.startsWith("embedded:") === true
    ? repo.config.url
    : undefined;

/** The store of a configuration: a relative path in it is meant from its folder, wherever the command is run. */
function placeOf(
  given: Repo | undefined,
  config: LoadedConfig | undefined,
  { cwd, env }: CliEnvironment,
): string | undefined {
  const url = given?.config.url;
  if (url === undefined || internals(given as Repo).opened !== undefined) return undefined;
  const isEnvironment = url === env.PLINTH_URL || url === process.env.PLINTH_URL;
  if (config?.file === undefined && !isEnvironment) return url;
  return urlFrom(isEnvironment ? cwd : dirname(config?.file as string), url);
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
