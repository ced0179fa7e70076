import { MetadataRequiredError, UnsupportedQueryError } from "../../errors.js";
import type { QueryAst } from "../../query/index.js";
import { keyOfId } from "../../repo/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Tick } from "../hub/index.js";
import { isLive, type LiveSpec } from "../live/index.js";
import { loggedFields } from "../log/index.js";
import { CountNode } from "./count-node.js";
import { EachNode } from "./each-node.js";
import type { Feed } from "./feed.js";
import { GuardNode } from "./guard-node.js";
import { ListNode } from "./list-node.js";
import { LogFeed } from "./log-feed.js";
import type { LiveNode } from "./node.js";
import { RowFeed } from "./row-feed.js";
import { RowNode } from "./row-node.js";
import { SignalNode } from "./signal-node.js";

/** The node of a live query that no node shows yet, on the feed that it needs. */
export async function createNode(
  tick: Tick,
  identity: string,
  hash: string,
  spec: LiveSpec,
): Promise<LiveNode> {
  switch (spec.kind) {
    case "one": {
      const pk = keyOfId(spec.info, spec.id);
      const feed = (await logFeed(tick, spec.info)) ?? rowFeed(tick, spec.info, pk);
      return new RowNode(identity, hash, spec.info, pk, spec.id, feed);
    }
    case "each": {
      const ids = isLive(spec.ids) ? await tick.acquire(spec.ids) : spec.ids;
      return new EachNode(tick.hub, identity, hash, ids, spec.make);
    }
    case "guard": {
      const inner = await tick.acquire(spec.inner);
      const rights = spec.rights === undefined ? undefined : await tick.acquire(spec.rights);
      return new GuardNode(tick.hub, identity, hash, inner, rights, spec.allow, spec.label);
    }
    case "all": {
      const feed = await requiredLog(tick, spec.info, "all");
      return new ListNode(identity, hash, spec.ast, spec.info, spec.on, feed);
    }
    case "count": {
      const feed = await requiredLog(tick, spec.info, "count");
      return new CountNode(identity, hash, spec.ast, spec.info, feed);
    }
    case "signal": {
      const feed = await requiredLog(tick, spec.info, "signal");
      checkSignalFields(spec.ast, spec.info, feed);
      return new SignalNode(identity, hash, spec.ast, spec.info, spec.action, feed);
    }
  }
}

async function logFeed(tick: Tick, info: SchemaInfo): Promise<LogFeed | undefined> {
  const id = LogFeed.idOf(info.source);
  const known = tick.feed(id);
  if (known !== undefined) return known as LogFeed;
  const { reader } = tick;
  const metadata = await reader.metadata(info.source);
  if (!metadata.logged) return undefined;
  // Read with the first rows, so that the first change needs no more than the later ones.
  const [head, { trimmed: tail }] = await Promise.all([
    reader.head(info.source),
    reader.log(info.source, reader.version),
  ]);
  const made =
    (tick.newFeeds.get(id) as LogFeed | undefined) ??
    new LogFeed(tick.hub, info, loggedFields(info, metadata), metadata, { head, tail });
  tick.newFeeds.set(id, made);
  return made;
}

function rowFeed(tick: Tick, info: SchemaInfo, pk: Parameters<typeof RowFeed.idOf>[1]): Feed {
  const id = RowFeed.idOf(info, pk);
  const known = tick.feed(id);
  if (known !== undefined) return known;
  const made = new RowFeed(tick.hub, info, pk);
  tick.newFeeds.set(id, made);
  return made;
}

async function requiredLog(tick: Tick, info: SchemaInfo, kind: string): Promise<LogFeed> {
  const feed = await logFeed(tick, info);
  if (feed !== undefined) return feed;
  throw new MetadataRequiredError(
    `sync.${kind}(…) on ${info.name} needs the log of its changes, which the tenant ${JSON.stringify(tick.hub.tenant.id)} ` +
      `does not keep yet. Add a migration with: create(metadata(${info.name})). ` +
      `(sync.one, sync.many and sync.each over sync.one work without it.)`,
  );
}

function checkSignalFields(ast: QueryAst, info: SchemaInfo, feed: LogFeed): void {
  const missing = ast.where.map((condition) => condition.field).filter((field) => !feed.logs(field));
  if (missing.length === 0) return;
  const list = missing.map((field) => JSON.stringify(field)).join(", ");
  throw new UnsupportedQueryError(
    `A signal by ${list} of ${info.name} needs the old values of these fields in the log. ` +
      `Add a migration with: create(metadata(${info.name}, [${list}])).`,
  );
}
