/** Prints the states of tenants: a line for each, or everything about one. */

import type { IndexInfo } from "../../layer/index.js";
import type { Output } from "../output/index.js";
import { count, duration, plural, showId } from "../output/index.js";
import type { RowCount } from "./count-rows.js";
import type { TenantStatus } from "./tenant-status.js";

const rowsText = ({ rows, atLeast }: RowCount): string => `${count(rows)}${atLeast ? "+" : ""}`;

function total(rows: readonly RowCount[]): string {
  const sum = rows.reduce((all, one) => all + one.rows, 0);
  return `${count(sum)}${rows.some((one) => one.atLeast) ? "+" : ""}`;
}

function versionText({ version, outstanding }: TenantStatus): string {
  return `${version ?? "-"}${outstanding.length > 0 ? ` (${outstanding.length} outstanding)` : ""}`;
}

/** `5 readable, 1 writeOnly`. */
function statesText(indexes: readonly IndexInfo[]): string {
  const states = new Map<string, number>();
  for (const { state } of indexes) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, number]) => `${number} ${state}`).join(", ") || "-";
}

/** What is at work on a tenant, or has broken off. */
function claimText({ claim, import: unfinished }: TenantStatus, now: number): string {
  if (unfinished !== null) {
    const { host, pid, startedAt } = unfinished;
    return `import not finished, by ${host}:${pid}, begun ${duration(Math.max(0, now - startedAt))} ago`;
  }
  if (claim === null) return "-";
  const share = claim.share === null ? "" : ` ${Math.floor(claim.share * 100)} %`;
  const source = claim.source === null ? "" : ` ${claim.source}`;
  return (
    `migration ${claim.version ?? "-"}${source}${share}, ${plural(claim.rows, "rows")}, by ${claim.host}:${claim.pid} ` +
    `for ${duration(Math.max(0, now - claim.startedAt))}`
  );
}

/** A line for each tenant. */
export function showOverview(out: Output, statuses: readonly TenantStatus[], now: number): void {
  out.table(
    [
      { title: "tenant" },
      { title: "version" },
      { title: "rows", align: "right" },
      { title: "indexes" },
      { title: "claim" },
    ],
    statuses.map((status) => [
      showId(status.tenant),
      versionText(status),
      total(status.rows),
      statesText(status.indexes),
      claimText(status, now),
    ]),
  );
}

/** What an index is made on: fields, and what it leaves out or adds. */
function indexText(index: IndexInfo): string {
  const parts = [index.fields.join(", ") || "all rows"];
  if (index.unique) parts.push("unique");
  if (index.include.length > 0) parts.push(`with ${index.include.join(", ")}`);
  if (index.where !== undefined) parts.push(`where ${index.where.map(({ field }) => field).join(", ")}`);
  if (index.indexer !== undefined) parts.push(`by ${index.indexer}`);
  return parts.join("; ");
}

/** Everything about one tenant. */
export function showDetails(out: Output, status: TenantStatus, now: number): void {
  out.line(`${showId(status.tenant)}  version ${versionText(status)}`);
  for (const { version, name, appliedAt } of status.applied)
    out.line(`  applied     ${version} ${name}, ${appliedAt}`);
  for (const { version, name } of status.outstanding) out.line(`  outstanding ${version} ${name}`);
  if (status.claim !== null || status.import !== null) out.line(`  claim       ${claimText(status, now)}`);
  out.line();
  out.table(
    [{ title: "source" }, { title: "rows", align: "right" }],
    status.rows.map((one) => [one.source, rowsText(one)]),
  );
  out.line();
  out.table(
    [{ title: "index" }, { title: "source" }, { title: "kind" }, { title: "on" }, { title: "state" }],
    status.indexes.map((index) => [index.name, index.source, index.kind, indexText(index), index.state]),
  );
}
