/** Finds the hub of a Repo: all `Sync`s of a Repo stand on one. */

import { EngineClosedError } from "../../errors.js";
import { internals, type Logger, type Repo } from "../../repo/index.js";
import { CursorKeys, readKeyRing } from "../cursor/index.js";
import { SyncHub } from "./sync-hub.js";
import type { Report } from "./tenant-hub.js";

/** Without a logger, the hub warns by itself. */
const reportTo = (logger: Logger | undefined): Report | undefined =>
  logger && ((err, message) => logger.error({ err }, message));

const hubs = new WeakMap<Repo, SyncHub>();

export function hubOfRepo(repo: Repo): SyncHub {
  let hub = hubs.get(repo);
  if (hub === undefined) {
    const parts = internals(repo);
    const made = new SyncHub(
      (tenant, body) => parts.run(tenant, body),
      new CursorKeys(async () => readKeyRing(await parts.engine(), parts.storageId)),
      reportTo(parts.logger),
    );
    parts.onClose(() =>
      made.close(
        new EngineClosedError("The Repo was closed; close its Sync and its subscriptions before it."),
      ),
    );
    hub = made;
    hubs.set(repo, hub);
  }
  return hub;
}
