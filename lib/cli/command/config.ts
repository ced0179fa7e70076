import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../../errors.js";
import { Repo } from "../../repo/index.js";
import { isSchema, type SchemaClass } from "../../schema/index.js";
import type { CliEnvironment } from "./environment.js";
import type { GlobalValues } from "./flags.js";

/**
 * What `plinth.config.js` exports as its default.
 *
 * @example
 * export default {
 *   repo: () => new Repo({ url: "embedded:./data", storageId: "my-app", migrations: [[1, Catalog]] }),
 *   schemas: [Product, Review],
 * };
 */
export interface PlinthConfig {
  readonly repo: Repo | (() => Repo | Promise<Repo>);
  /** The schemas that verbs may name, and that `shell` has in scope. */
  readonly schemas?: readonly SchemaClass[];
  /** Where `gen migration` writes; default `migrations`, relative to the configuration. */
  readonly migrationsDir?: string;
}

/** A configuration and where it was found. */
export interface LoadedConfig extends PlinthConfig {
  readonly file?: string;
}

const NAMES = ["plinth.config.js", "plinth.config.mjs", "plinth.config.ts"];
export const DEFAULT_MIGRATIONS = "migrations";

/** The configuration of the folder or of the nearest one above it; `undefined` when there is none. */
export async function loadConfig(
  globals: Pick<GlobalValues, "config">,
  environment: CliEnvironment,
): Promise<LoadedConfig | undefined> {
  if (environment.config !== undefined) return checkConfig(environment.config, "the given configuration");
  const file = findConfig(globals.config, environment.cwd);
  if (file === undefined) return undefined;
  const shown = relative(environment.cwd, file) || file;
  const module = (await importConfig(file, shown)) as { readonly default?: unknown };
  if (module.default === undefined) {
    throw new ConfigError(
      `${shown} has no default export. Write: export default { repo: () => new Repo({ … }) };`,
    );
  }
  return { ...checkConfig(module.default as PlinthConfig, shown), file };
}

/**
 * The folder for migrations, relative to the working folder.
 *
 * Writing a file needs no code of the application, so a configuration that does not load yet is no obstacle unless
 * it was asked for by `--config`; `note` is told.
 */
export async function migrationsDirOf(
  globals: Pick<GlobalValues, "config">,
  environment: CliEnvironment,
  note: (text: string) => void,
): Promise<string> {
  const config = await loadConfig(globals, environment).catch((error: unknown) => {
    if (globals.config !== undefined || !(error instanceof ConfigError)) throw error;
    note(`Not asked for its migrationsDir: ${error.message}`);
    return undefined;
  });
  const folder = config?.migrationsDir ?? DEFAULT_MIGRATIONS;
  const base = config?.file === undefined ? environment.cwd : dirname(config.file);
  return relative(environment.cwd, resolve(base, folder)) || ".";
}

function findConfig(given: string | undefined, cwd: string): string | undefined {
  if (given !== undefined) {
    const file = resolve(cwd, given);
    if (existsSync(file)) return file;
    throw new ConfigError(`There is no configuration ${given}. Write one, see: plinth --help`);
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = NAMES.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    if (folder === dirname(folder)) return undefined;
  }
}

async function importConfig(file: string, shown: string): Promise<object> {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    throw importFailure(error, file, shown);
  }
}

/** Node 20 does not read TypeScript, and no Node turns decorators into JavaScript. */
const typescriptCodes = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_INVALID_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
]);

function importFailure(error: unknown, file: string, shown: string): ConfigError {
  const code = (error as { code?: unknown }).code;
  const typescript =
    (typeof code === "string" && typescriptCodes.has(code)) ||
    (file.endsWith(".ts") && (error instanceof SyntaxError || code === "ERR_MODULE_NOT_FOUND"));
  const message = error instanceof Error ? error.message : String(error);
  if (typescript) {
    return new ConfigError(
      `${shown} is TypeScript, or imports some, and this Node cannot run it (schemas use decorators): ${message}\n` +
        "Point to the compiled file: plinth --config dist/plinth.config.js, or bring a loader that knows decorators: " +
        'NODE_OPTIONS="--import tsx" npx plinth …',
      { cause: error },
    );
  }
  return new ConfigError(`${shown} cannot be loaded: ${message}`, { cause: error });
}

function checkConfig(config: PlinthConfig, shown: string): PlinthConfig {
  if (typeof config !== "object" || config === null || config.repo === undefined) {
    throw new ConfigError(`${shown} has no "repo". Write: export default { repo: () => new Repo({ … }) };`);
  }
  for (const schema of config.schemas ?? []) {
    if (!isSchema(schema))
      throw new ConfigError(`${shown}: ${describe(schema)} in "schemas" is no schema. ${TWICE}`);
  }
  return config;
}

/** The Repo of a configuration. */
export async function repoOf(config: LoadedConfig): Promise<Repo> {
  const repo = typeof config.repo === "function" ? await config.repo() : config.repo;
  if (repo instanceof Repo) return repo;
  throw new ConfigError(
    `"repo" of ${config.file ?? "the configuration"} gives ${describe(repo)}, not a Repo. ${TWICE}`,
  );
}

const describe = (value: unknown): string =>
  typeof value === "function" ? value.name : value === null ? "null" : typeof value;

const TWICE =
  "If it looks right, two copies of plinth are at work: run the one of the project (npx plinth), not a global one.";
