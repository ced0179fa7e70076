/** Splits the commands of a migration into stages, each carried out as a whole. */

import type { MigrationCommand } from "./commands.js";
import type { Definition } from "./definition.js";
import type { ExecuteCommand } from "./execute.js";

/** Commands of one migration that are carried out together: what is created first, then what is dropped. */
export interface IndexStage {
  readonly creates: readonly Definition[];
  readonly drops: readonly Definition[];
}

/** Indexes, or one step that changes data. */
export type Stage = IndexStage | ExecuteCommand;

/**
 * Splits a migration where order matters: a name that is dropped and created again (an index that becomes unique)
 * is gone before it comes back, and a step that changes data finds the indexes that were created before it.
 */
export function stagesOf(commands: readonly MigrationCommand[]): readonly Stage[] {
  const stages: Stage[] = [];
  let current: { creates: Definition[]; drops: Definition[]; names: Map<string, string> } | undefined;
  for (const command of commands) {
    if (command.action === "execute") {
      stages.push(command);
      current = undefined;
      continue;
    }
    const { action, definition } = command;
    const name = JSON.stringify([definition.index.source, definition.index.name]);
    const other = current?.names.get(name);
    if (current === undefined || (other !== undefined && other !== action)) {
      current = { creates: [], drops: [], names: new Map() };
      stages.push(current);
    }
    // The very same command once more; another index of this name was refused.
    if (other === action && current.names.has(name)) continue;
    current.names.set(name, action);
    (action === "create" ? current.creates : current.drops).push(definition);
  }
  return stages;
}
