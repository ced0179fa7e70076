/** Finds the configuration file and loads it, or explains why it cannot be loaded. */

import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../../errors.js";
import { checkConfig } from "./check-config.js";
import type { CliEnvironment } from "./environment.js";
import { placeOfError } from "./error-place.js";
import type { LoadedConfig, PlinthConfig } from "./plinth-config.js";
import type { StoreFlags } from "./store-flags.js";

const NAMES = ["js", "mjs", "cjs", "ts", "mts", "cts"].map((extension) => `plinth.config.${extension}`);

/** The configuration of the folder or of the nearest one above it; `undefined` when there is none. */
export async function loadConfig(
  globals: Pick<StoreFlags, "config">,
  environment: CliEnvironment,
): Promise<LoadedConfig | undefined> {
  if (environment.config !== undefined) return checkConfig(environment.config, "the given configuration");
  const file = findConfig(globals.config, environment.cwd);
  if (file === undefined) return undefined;
  const shown = relative(environment.cwd, file) || file;
  const module = (await importConfig(file, shown, environment.cwd)) as { readonly default?: unknown };
  const exported = await awaited(compiled(module.default), file, shown, environment.cwd);
  if (exported === undefined) {
    throw new ConfigError(
      `${shown} has no default export. Write: export default { repo: () => new Repo({ … }) };`,
    );
  }
  return { ...checkConfig(exported as PlinthConfig, shown), file };
}

/** What a compiler made into CommonJS has its default export inside of what Node takes for it. */
function compiled(exported: unknown): unknown {
  const module = exported as { readonly __esModule?: unknown; readonly default?: unknown } | null | undefined;
  return typeof module === "object" && module?.__esModule === true ? module.default : exported;
}

/** A configuration that has to wait for something exports a promise. */
async function awaited(exported: unknown, file: string, shown: string, cwd: string): Promise<unknown> {
  try {
    return await exported;
  } catch (error) {
    throw importFailure(error, file, shown, cwd);
  }
}

function findConfig(given: string | undefined, cwd: string): string | undefined {
  if (given !== undefined) {
    const file = resolve(cwd, given);
    if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return file;
    throw new ConfigError(`There is no configuration ${given}. Write one, see: plinth --help`);
  }
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = NAMES.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    if (folder === dirname(folder)) return undefined;
  }
}

async function importConfig(file: string, shown: string, cwd: string): Promise<object> {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    throw importFailure(error, file, shown, cwd);
  }
}

/** Node 20 does not read TypeScript, and no Node turns decorators into JavaScript. */
const typescriptCodes = new Set([
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_INVALID_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
]);

function importFailure(error: unknown, file: string, shown: string, cwd: string): ConfigError {
  const code = (error as { code?: unknown }).code;
  const typescript =
    (typeof code === "string" && typescriptCodes.has(code)) ||
    (/\.[mc]?ts$/.test(file) && (error instanceof SyntaxError || code === "ERR_MODULE_NOT_FOUND"));
  const message = error instanceof Error ? error.message : String(error);
  if (typescript) {
    return new ConfigError(
      `${shown} is TypeScript, or imports some, and this Node cannot run it (schemas use decorators): ${message}\n` +
        "Point to the compiled file: plinth --config dist/plinth.config.js, or bring a loader that knows decorators: " +
        'NODE_OPTIONS="--import tsx" npx plinth …',
      { cause: error },
    );
  }
  const place = placeOfError(error, file, cwd);
  return new ConfigError(`${shown} cannot be loaded: ${place === undefined ? "" : `${place}: `}${message}`, {
    cause: error,
  });
}
