import type { Sync, Tenant } from "plinth";
import { Task, TaskEvent } from "./task.js";

const words = { insert: "created", update: "changed", delete: "deleted" } as const;

/** Writes down what happened to each task, exactly once, in the transaction that moves the consumer on. */
export function recordEvents(sync: Sync, tenant: Tenant): Promise<void> {
  return sync.consume(tenant, "events", { tasks: sync.all(Task) }, async (batch, tx) => {
    for (const { op, key } of batch.changes.tasks) {
      await tx.insert(TaskEvent, { taskId: String(key), what: words[op] });
    }
  });
}
