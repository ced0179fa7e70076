/** Checks what a configuration exports, and gets the Repo out of it. */

import { ConfigError } from "../../errors.js";
import { Repo } from "../../repo/index.js";
import { isSchema } from "../../schema/index.js";
import type { LoadedConfig, PlinthConfig } from "./plinth-config.js";

export function checkConfig(config: PlinthConfig, shown: string): PlinthConfig {
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
