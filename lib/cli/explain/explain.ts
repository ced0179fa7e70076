/** `plinth explain`: shows how a query would be read, without running it. */

import { UsageError } from "../../errors.js";
import { from, type PlainRow, type Query } from "../../query/index.js";
import type { App } from "../app/index.js";
import { allTenants, findSchema, openTenant } from "../app/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { parseConditions, parseOrder } from "./parse-where.js";

interface QueryFlags {
  readonly where: readonly string[];
  readonly "order-by": readonly string[];
  readonly select: readonly string[];
  readonly limit: number | undefined;
  readonly using: string | undefined;
  readonly scan: boolean;
}

export const explain = defineCommand({
  words: ["explain"],
  summary: "Show how a query would be read, without running it",
  description: [
    "Which key ranges of which index are read, in which order, and what is done in memory. A query that no index\n" +
      "serves is refused with the migration line that would serve it (exit code 1).",
    "Indexes belong to a tenant; without --tenant the first one answers.",
  ],
  args: [{ name: "SCHEMA", summary: "a source, or the class of a schema of the configuration" }],
  flags: {
    where: {
      type: "string",
      short: "w",
      multiple: true,
      placeholder: "CONDITION",
      summary: "field=value; also >= > <= < and ^= (starts with)",
    },
    "order-by": { type: "string", multiple: true, placeholder: "FIELD[:desc]", summary: "the order" },
    select: { type: "string", multiple: true, placeholder: "FIELD", summary: "only this field" },
    limit: { type: "integer", placeholder: "N", summary: "rows at most" },
    using: { type: "string", placeholder: "INDEX", summary: 'this index and no other; "primary" for none' },
    scan: { type: "boolean", summary: "allow reading all records" },
    tenant: { type: "string", short: "t", placeholder: "ID", summary: "the tenant whose indexes count" },
  },
  examples: [
    {
      line: "plinth explain reviews -w productId=p1 --order-by insertedAt:desc --limit 10",
      does: "one range read",
    },
    { line: "plinth explain Review -w 'score>=4'", does: "refused, with the index that would serve it" },
  ],
  shows: true,
  async run({ out, app }, [name], flags) {
    const opened = await app();
    const id = flags.tenant ?? (await allTenants(opened))[0];
    if (id === undefined)
      throw new UsageError("There is no tenant whose indexes could be asked: plinth tenants create ID");
    const tenant = await openTenant(opened, id);
    const query = queryOf(opened, name as string, flags);
    const explanation = await opened.repo.explain(query, { tenant });
    out.result({ tenant: id, ...explanation });
    out.line(explanation.text);
    return ExitCode.ok;
  },
});

function queryOf(app: App, name: string, flags: QueryFlags): Query<PlainRow, unknown> {
  const info = findSchema(app, name);
  // A schema of the configuration has no static type here; its fields are checked as the query is built.
  const start = (info === undefined ? from(name) : from(info.schema)) as unknown as Query<PlainRow>;
  let query: Query<PlainRow, unknown> = start;
  if (flags.where.length > 0) query = query.where(parseConditions(flags.where, info) as never);
  for (const text of flags["order-by"]) query = query.orderBy(parseOrder(text) as never);
  if (flags.limit !== undefined) query = query.limit(flags.limit);
  if (flags.using !== undefined) query = query.using(flags.using);
  if (flags.scan) query = query.scan();
  if (flags.select.length > 0) query = query.select(flags.select as never);
  return query;
}
