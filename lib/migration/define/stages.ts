/** Splits the commands of a migration into stages, each carried out as a whole. */

import type { MigrationCommand } from "./commands.js";
import type { Definition } from "./definition.js";

/** Commands of one migration that are carried out together: what is created first, then what is dropped. */
export interface Stage {
  readonly creates: readonly Definition[];
  readonly drops: readonly Definition[];
}

/**
 * Splits a migration where order matters: a name that is dropped and created again (an index that becomes unique)
 * is gone before it comes back.
 */
export function stagesOf(commands: readonly MigrationCommand[]): readonly Stage[] {
  const stages: { creates: Definition[]; drops: Definition[]; names: Map<string, string> }[] = [];
  for (const { action, definition } of commands) {
    const name = JSON.stringify([definition.index.source, definition.index.name]);
    let stage = stages.at(-1);
    const other = stage?.names.get(name);
    if (stage === undefined || (other !== undefined && other !== action)) {
      stage = { creates: [], drops: [], names: new Map() };
      stages.push(stage);
    }
    if (other === action && stage.names.has(name)) continue;
    stage.names.set(name, action);
    (action === "create" ? stage.creates : stage.drops).push(definition);
  }
  return stages;
}
