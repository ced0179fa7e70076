/** Checks what a configuration exports, and gets the Repo out of it. */

import { ConfigError, PlinthError } from "../../errors.js";
import { Repo } from "../../repo/index.js";
import { isSchema, suggest } from "../../schema/index.js";
import { placeOfError } from "./error-place.js";
import type { LoadedConfig, PlinthConfig } from "./plinth-config.js";

const known = ["repo", "schemas", "schema", "migrationsDir", "migrationDir", "file"];

/** @throws ConfigError for what has another shape; nothing is left out in silence */
export function checkConfig(config: PlinthConfig, shown: string): PlinthConfig {
  const write = "Write: export default { repo: () => new Repo({ … }) };";
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new ConfigError(`The default export of ${shown} is ${describe(config)}, not an object. ${write}`);
  }
  for (const name of Object.keys(config)) {
    if (known.includes(name)) continue;
    const names = known.filter((one) => one !== "file");
    throw new ConfigError(`${shown} has "${name}", which means nothing here.${suggest(name, names)}`);
  }
  if (config.repo === undefined || config.repo === null)
    throw new ConfigError(`${shown} has no "repo". ${write}`);
  const schemas = one(config, "schemas", "schema", shown);
  const listed = schemas === undefined || Array.isArray(schemas) ? (schemas ?? []) : [schemas];
  for (const schema of listed as readonly unknown[]) {
    if (!isSchema(schema))
      throw new ConfigError(`${shown}: ${describe(schema)} in "schemas" is no schema. ${TWICE}`);
  }
  const folder = one(config, "migrationsDir", "migrationDir", shown);
  if (folder !== undefined && (typeof folder !== "string" || folder === "")) {
    throw new ConfigError(`"migrationsDir" of ${shown} is ${describe(folder)}, not the path of a folder.`);
  }
  return {
    repo: config.repo,
    schemas: listed as NonNullable<PlinthConfig["schemas"]>,
    ...(folder === undefined ? {} : { migrationsDir: folder }),
    ...("file" in config ? { file: config.file } : {}),
  };
}

/** Both spellings are taken, but not at once. */
function one(
  config: PlinthConfig,
  name: keyof PlinthConfig,
  other: keyof PlinthConfig,
  shown: string,
): unknown {
  if (config[name] !== undefined && config[other] !== undefined) {
    throw new ConfigError(`${shown} has "${name}" and "${other}", which mean the same; leave one out.`);
  }
  return config[name] ?? config[other];
}

/** The Repo of a configuration. Throws `ConfigError`, also for what making it throws. */
export async function repoOf(config: LoadedConfig, cwd: string): Promise<Repo> {
  const repo = typeof config.repo === "function" ? await made(config, cwd) : await config.repo;
  if (repo instanceof Repo) return repo;
  throw new ConfigError(
    `"repo" of ${config.file ?? "the configuration"} gives ${describe(repo)}, not a Repo. ${TWICE}`,
  );
}

async function made(config: LoadedConfig, cwd: string): Promise<unknown> {
  try {
    return await (config.repo as () => unknown)();
  } catch (error) {
    // What the store says is not the configuration's fault.
    if (error instanceof PlinthError && /^(store|engine)_/.test(error.code)) throw error;
    const file = config.file ?? "the configuration";
    const place = config.file === undefined ? undefined : placeOfError(error, config.file, cwd);
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`"repo" of ${file} failed: ${place === undefined ? "" : `${place}: `}${message}`, {
      cause: error,
    });
  }
}

const describe = (value: unknown): string => {
  if (typeof value === "function") return value.name || "a function";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value;
};

const TWICE =
  "If it looks right, two copies of plinth are at work: run the one of the project (npx plinth), not a global one.";
