/** Reads parameters from untrusted input: own properties only, whatever the object does when it is read. */

import { types } from "node:util";
import { ChangesetError } from "../../errors.js";
import { isDate, showValue } from "../../schema/index.js";

/** What reading one parameter gave. */
export type Param =
  | { readonly found: false }
  | { readonly found: true; readonly value: unknown }
  /** The property exists but reading it threw (a getter or a proxy). */
  | { readonly found: true; readonly broken: true };

const missing: Param = Object.freeze({ found: false });

/** Names that stand for something else on every object. */
const forbidden: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Refuses what has no parameters. A list passes: whoever sends one in place of an object is told so by the changeset.
 *
 * @throws ChangesetError
 */
export function checkParams(params: unknown): object {
  if (isEntries(params)) {
    throw new ChangesetError(
      "The params are a list of entries, not an object. Write cast(record, Object.fromEntries(params), …).",
    );
  }
  if (typeof params === "object" && params !== null && !isDate(params)) return params;
  throw new ChangesetError(
    `The params must be an object such as { name: "…" }, not ${showValue(params)}. This is usually a request body that was ` +
      "not parsed, or is missing: write cast(record, body ?? {}, …).",
  );
}

/** By what they are and not by their class, which differs between realms. */
function isEntries(value: unknown): boolean {
  if (types.isMap(value) || value instanceof URLSearchParams) return true;
  return typeof FormData === "function" && value instanceof FormData;
}

/** One own property of the params; inherited ones, and `undefined`, count as missing. Never throws. */
export function readParam(params: object, name: string): Param {
  if (forbidden.has(name)) return missing;
  try {
    if (!Object.hasOwn(params, name)) return missing;
    const value = (params as Record<string, unknown>)[name];
    return value === undefined ? missing : { found: true, value };
  } catch {
    return { found: true, broken: true };
  }
}

/** The newest value of a parameter among the objects that were cast. */
export function findParam(all: readonly object[], name: string): Param {
  for (const params of all) {
    const param = readParam(params, name);
    if (param.found) return param;
  }
  return missing;
}

/** The params as one object for `changeset.params`; the only one that was cast is handed out as it is. */
export function mergedParams(all: readonly object[]): Readonly<Record<string, unknown>> | null {
  if (all.length === 0) return null;
  if (all.length === 1) return all[0] as Record<string, unknown>;
  const merged: Record<string, unknown> = {};
  for (const params of [...all].reverse()) {
    for (const name of namesOf(params)) {
      const param = readParam(params, name);
      if (param.found && !("broken" in param)) merged[name] = param.value;
    }
  }
  return Object.freeze(merged);
}

function namesOf(params: object): readonly string[] {
  try {
    return Object.keys(params);
  } catch {
    return [];
  }
}
