/** Makes the node of a live query, and the feed that it needs. */

import { MetadataRequiredError, UnsupportedQueryError } from "../../errors.js";
import { conditionFields, type QueryAst } from "../../query/index.js";
import { keyOfId } from "../../repo/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { isLive, type LiveSpec, partsOf } from "../live/index.js";
import { loggedFields } from "../log/index.js";
import type { Feed, LiveNode, Step } from "./contracts.js";
import { CountNode } from "./count-node.js";
import { EachNode } from "./each-node.js";
import { GuardNode } from "./guard-node.js";
import { GuardedWindowNode } from "./guarded-window-node.js";
import { ListNode } from "./list-node.js";
import { LogFeed } from "./log-feed.js";
import { RowFeed } from "./row-feed.js";
import { RowNode } from "./row-node.js";
import { SignalNode } from "./signal-node.js";
import { SumNode } from "./sum-node.js";

/** @param spec that of a query which no node shows yet */
export async function createNode(
  step: Step,
  identity: string,
  hash: string,
  spec: LiveSpec,
): Promise<LiveNode> {
  switch (spec.kind) {
    case "one": {
      const pk = keyOfId(spec.info, spec.id);
      const feed = (await logFeed(step, spec.info)) ?? rowFeed(step, spec.info, pk);
      return new RowNode(identity, hash, spec.info, pk, spec.id, feed);
    }
    case "each": {
      const { ids, make } = spec;
      if (!isLive(ids)) return new EachNode(step.hub, identity, hash, undefined, ids, make);
      return new EachNode(step.hub, identity, hash, await step.acquire(ids), [], make);
    }
    case "guard": {
      const { allow, label, stated } = spec;
      const rights = spec.rights === undefined ? undefined : await step.acquire(spec.rights);
      const list = partsOf(spec.inner).spec;
      if (list.kind === "all" && list.ast.limit !== undefined)
        return new GuardedWindowNode(step.hub, identity, hash, list, rights, allow, label, stated);
      const inner = await step.acquire(spec.inner);
      return new GuardNode(step.hub, identity, hash, inner, rights, allow, label, stated);
    }
    case "all": {
      const feed = await requiredLog(step, spec.info, "all");
      return new ListNode(identity, hash, spec.ast, spec.info, spec.on, feed);
    }
    case "count": {
      const feed = await requiredLog(step, spec.info, "count");
      return new CountNode(identity, hash, spec.ast, spec.info, feed);
    }
    case "sum": {
      const feed = await requiredLog(step, spec.info, "sum");
      return new SumNode(identity, hash, spec.ast, spec.info, spec.field, feed);
    }
    case "signal": {
      const feed = await requiredLog(step, spec.info, "signal");
      checkSignalFields(spec.ast, spec.info, feed);
      return new SignalNode(identity, hash, spec.ast, spec.info, spec.action, feed);
    }
  }
}

async function logFeed(step: Step, info: SchemaInfo): Promise<LogFeed | undefined> {
  const id = LogFeed.idOf(info.source);
  const known = step.feed(id);
  if (known !== undefined) return known as LogFeed;
  const { reader } = step;
  const metadata = await reader.metadata(info.source);
  if (!metadata.logged) return undefined;
  // Read with the first rows, so that the first change needs no more than the later ones.
  const [head, { trimmed: tail }] = await Promise.all([
    reader.head(info.source),
    reader.log(info.source, reader.version),
  ]);
  const made =
    (step.newFeeds.get(id) as LogFeed | undefined) ??
    new LogFeed(step.hub, info, loggedFields(info, metadata), metadata, { head, tail });
  step.newFeeds.set(id, made);
  return made;
}

function rowFeed(step: Step, info: SchemaInfo, pk: Parameters<typeof RowFeed.idOf>[1]): Feed {
  const id = RowFeed.idOf(info, pk);
  const known = step.feed(id);
  if (known !== undefined) return known;
  const made = new RowFeed(step.hub, info, pk);
  step.newFeeds.set(id, made);
  return made;
}

async function requiredLog(step: Step, info: SchemaInfo, kind: string): Promise<LogFeed> {
  const feed = await logFeed(step, info);
  if (feed !== undefined) return feed;
  throw new MetadataRequiredError(
    `sync.${kind}(…) on ${info.name} needs the log of its changes, which the tenant ${JSON.stringify(step.hub.tenant.id)} ` +
      `does not keep yet. Add a migration with: create(metadata(${info.name})). ` +
      `(sync.one, sync.many and sync.each over sync.one work without it.)`,
  );
}

function checkSignalFields(ast: QueryAst, info: SchemaInfo, feed: LogFeed): void {
  const missing = conditionFields(ast).filter((field) => !feed.logs(field));
  if (missing.length === 0) return;
  const list = missing.map((field) => JSON.stringify(field)).join(", ");
  throw new UnsupportedQueryError(
    `A signal by ${list} of ${info.name} needs the old values of these fields in the log. ` +
      `Add a migration with: create(metadata(${info.name}, [${list}])).`,
  );
}
