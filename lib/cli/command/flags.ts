/** Flags of verbs: how they are declared and parsed. */

import { parseArgs } from "node:util";
import { UsageError } from "../../errors.js";
import { nearMisses } from "../../schema/index.js";

/** One flag of a verb. */
export interface FlagSpec {
  readonly type: "boolean" | "string" | "integer";
  readonly short?: string;
  /** What stands for the value in the help, for example `URL`. */
  readonly placeholder?: string;
  readonly summary: string;
  /** The flag may be given several times. */
  readonly multiple?: boolean;
  /** The smallest integer; default 1. */
  readonly min?: number;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

type Single<S extends FlagSpec> = S["type"] extends "boolean"
  ? boolean
  : S["type"] extends "integer"
    ? number | undefined
    : string | undefined;

/** The values of a set of flags: absent booleans are false, absent lists are empty. */
export type FlagValues<F extends FlagSpecs> = {
  readonly [N in keyof F]: F[N]["multiple"] extends true
    ? readonly NonNullable<Single<F[N]>>[]
    : Single<F[N]>;
};

/** Flags that every verb takes. */
export const globalFlags = {
  config: {
    type: "string",
    placeholder: "FILE",
    summary: "the configuration; default: plinth.config.{js,mjs,ts}",
  },
  url: { type: "string", placeholder: "URL", summary: "the store: embedded:PATH, fdb: or fdb:PATH, memory:" },
  "storage-id": { type: "string", placeholder: "NAME", summary: "the directory that holds the tenants" },
  create: { type: "boolean", summary: "make the store when there is none at its path" },
  json: { type: "boolean", summary: "results as JSON lines, for programs" },
  help: { type: "boolean", short: "h", summary: "show this" },
} as const satisfies FlagSpecs;

export type GlobalValues = FlagValues<typeof globalFlags>;

export interface ParsedArgs {
  readonly values: Readonly<Record<string, unknown>>;
  readonly positionals: readonly string[];
}

/** Parses what follows the verb. Throws `UsageError` for a flag that the verb does not take, with near misses. */
export function parseFlags(argv: readonly string[], specs: FlagSpecs, verb: string): ParsedArgs {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { type, short }]) => [
      name,
      {
        type: type === "boolean" ? ("boolean" as const) : ("string" as const),
        multiple: true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, (string | undefined)[]>();
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (spec === undefined) throw unknownFlag(token.rawName, specs, verb);
    given.set(token.name, [...(given.get(token.name) ?? []), flagText(token, spec)]);
  }
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) values[name] = finish(name, spec, given.get(name) ?? []);
  return { values, positionals };
}

function flagText(
  token: { rawName: string; value?: string | undefined; inlineValue?: boolean | undefined },
  spec: FlagSpec,
): string | undefined {
  if (spec.type === "boolean") {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value; write it alone.`);
    return undefined;
  }
  // A forgotten value must not swallow the next flag: `--url --json`. `--tenant=-x` is meant as it is written.
  const swallowed = token.inlineValue !== true && /^--?[a-z]/.test(token.value ?? "");
  if (token.value === undefined || token.value === "" || swallowed) {
    throw new UsageError(
      `${token.rawName} needs a value: ${token.rawName} ${spec.placeholder ?? "VALUE"}` +
        (token.value === undefined || token.value === ""
          ? "."
          : `, not "${token.value}". If that is meant: ${token.rawName}=${token.value}`),
    );
  }
  return token.value;
}

function finish(name: string, spec: FlagSpec, given: readonly (string | undefined)[]): unknown {
  if (spec.multiple !== true && given.length > 1) {
    throw new UsageError(`--${name} is given ${given.length} times; give it once.`);
  }
  if (spec.type === "boolean") return given.length > 0;
  const values = given.map((text) => (spec.type === "integer" ? integer(name, spec, text as string) : text));
  return spec.multiple === true ? values : values[0];
}

function integer(name: string, spec: FlagSpec, text: string): number {
  const value = Number(text);
  const min = spec.min ?? 1;
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
  throw new UsageError(`--${name} takes a whole number from ${min} on, not "${text}".`);
}

function unknownFlag(rawName: string, specs: FlagSpecs, verb: string): UsageError {
  const name = rawName.replace(/^-+/, "");
  const known = Object.keys(specs);
  const [closest] = nearMisses(name, known);
  const advice =
    closest === undefined
      ? `There are: ${known.map((one) => `--${one}`).join(", ")}.`
      : `Did you mean --${closest}?`;
  return new UsageError(`"plinth ${verb}" takes no flag ${rawName}. ${advice} See: plinth ${verb} --help`);
}
