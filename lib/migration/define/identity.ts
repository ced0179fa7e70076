/** The identity of a migration: what its commands do, whatever its class and its properties are called now. */

import { createHash } from "node:crypto";
import { encodeMeta, type IndexInfo } from "../../layer/index.js";
import type { StoredValue } from "../../schema/index.js";
import type { MigrationCommand } from "./commands.js";

const DIGITS = 16;

/**
 * A digest of the commands. Names of classes and properties do not count, because minifiers and renames change them:
 * only what is registered and stored. A step that changes data counts by its name, else by the class's.
 */
export function identityOf(name: string, commands: readonly MigrationCommand[]): string {
  const hash = createHash("sha256");
  for (const command of commands) hash.update(encodeMeta(told(name, command)));
  return hash.digest("hex").slice(0, DIGITS);
}

function told(name: string, command: MigrationCommand): StoredValue {
  if (command.action === "execute") return ["execute", command.name ?? name];
  const { index } = command.definition;
  if (command.action === "drop") return ["drop", index.kind, index.source, index.name];
  return ["create", index.kind, index.source, index.name, ...optionsOf(index)];
}

function optionsOf(index: IndexInfo): StoredValue[] {
  const where = index.where?.map(({ stored, op, value }) => [stored, op, value] as StoredValue) ?? null;
  const basic: StoredValue[] = [
    [...index.stored],
    index.unique,
    [...index.includeStored],
    where,
    index.indexer ?? null,
  ];
  const { each, paths, priority, whole } = index;
  // Migrations without these keep the identity that they had before there were any.
  if (whole === undefined && each === undefined && paths === undefined && priority === undefined)
    return basic;
  const more = [...basic, each ?? null, (paths ?? null) as StoredValue, priority ?? null];
  return whole === undefined ? more : [...more, whole];
}
