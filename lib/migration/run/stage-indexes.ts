/** The registrations of the indexes that a stage builds: begun, unfinished and finished. */

import { MigrationError } from "../../errors.js";
import { type IndexInfo, schemaless } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Definition } from "../define/index.js";
import type { Registry } from "../store/index.js";

export function beginBuilds(registry: Registry, creates: readonly Definition[]): void {
  for (const { index } of creates) {
    const known = registry.findSame(index);
    if (known !== undefined && known.state !== "deleteOnly") continue;
    registry.put({ ...index, state: index.kind === "metadata" ? "readable" : "writeOnly" });
  }
}

export function unfinishedBuilds(registry: Registry, creates: readonly Definition[]): IndexInfo[] {
  return creates.flatMap(({ index }) => {
    const known = registry.find(index);
    return known?.state === "writeOnly" ? [known] : [];
  });
}

export function finishBuild(registry: Registry, index: IndexInfo): void {
  const known = registry.find(index);
  if (known?.state === "writeOnly") registry.put({ ...known, state: "readable" });
  else if (known === undefined || known.state === "deleteOnly") {
    throw new MigrationError(
      `The index "${index.name}" of "${index.source}" vanished while it was being built.`,
    );
  }
}

export function schemaOfBuilds(definitions: readonly Definition[]): SchemaInfo {
  for (const { schema } of definitions) if (schema !== undefined) return schema;
  const first = definitions[0] as Definition;
  return schemaless(first.index.source, first.index.key);
}
