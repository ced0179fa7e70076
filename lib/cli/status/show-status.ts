/** Prints the states of tenants: a line for each, or everything about one. */

import { describeMismatch } from "../../errors.js";
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

function versionText({ version, outstanding, mismatches }: TenantStatus): string {
  const notes = [
    ...(outstanding.length > 0 ? [`${outstanding.length} outstanding`] : []),
    ...(mismatches.length > 0 ? [`${mismatches.length} differ from the list`] : []),
  ];
  return `${version ?? "-"}${notes.length > 0 ? ` (${notes.join(", ")})` : ""}`;
}

/** `5 readable, 1 writeOnly`. */
function statesText({ indexes, failed }: TenantStatus): string {
  const states = new Map<string, number>(failed.length === 0 ? [] : [["failed", failed.length]]);
  for (const { state } of indexes) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, number]) => `${number} ${state}`).join(", ") || "-";
}

/** What is at work on a tenant, or has broken off. */
function claimText({ claim, import: unfinished, movedTo }: TenantStatus, now: number): string {
  if (movedTo !== null) return `moved to ${movedTo}`;
  if (unfinished !== null) {
    const { host, pid, startedAt, from } = unfinished;
    return `${from === undefined ? "import" : `copy from ${from}`} not finished, by ${host}:${pid}, begun ${duration(Math.max(0, now - startedAt))} ago`;
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
      statesText(status),
      claimText(status, now),
    ]),
  );
}

/** What an index is made on: fields, and what it leaves out or adds. */
function indexText(index: IndexInfo): string {
  const parts = [index.fields.join(", ") || "all rows"];
  if (index.unique) parts.push("unique");
  if (index.whole === true) parts.push("with all fields");
  if (index.include.length > 0) parts.push(`with ${index.include.join(", ")}`);
  if (index.where !== undefined) parts.push(`where ${index.where.map(({ field }) => field).join(", ")}`);
  if (index.each !== undefined) parts.push(`each of ${index.fields[index.each]}`);
  if (index.priority !== undefined) parts.push(`priority ${index.priority}`);
  if (index.indexer !== undefined) parts.push(`by ${index.indexer}`);
  return parts.join("; ");
}

/** Everything about one tenant. */
export function showDetails(out: Output, status: TenantStatus, now: number): void {
  out.line(`${showId(status.tenant)}  version ${versionText(status)}`);
  for (const { version, name, appliedAt } of status.applied)
    out.line(`  applied     ${version} ${name}, ${appliedAt}`);
  for (const { version, name } of status.outstanding) out.line(`  outstanding ${version} ${name}`);
  for (const one of status.mismatches) out.line(`  differs     ${describeMismatch(one)}`);
  if (claimText(status, now) !== "-") out.line(`  claim       ${claimText(status, now)}`);
  out.line();
  out.table(
    [{ title: "source" }, { title: "rows", align: "right" }],
    status.rows.map((one) => [one.source, rowsText(one)]),
  );
  out.line();
  out.table(
    [{ title: "index" }, { title: "source" }, { title: "kind" }, { title: "on" }, { title: "state" }],
    [
      ...status.indexes.map((index) => [index.name, index.source, index.kind, indexText(index), index.state]),
      ...status.failed.map(({ name, source, fields }) => [
        name,
        source,
        "index",
        `${fields.join(", ")}; unique`,
        "failed",
      ]),
    ],
  );
  for (const { name, duplicates } of status.failed) {
    out.line();
    out.line(`${name} could not be built. Equal, in pairs; put them right, then: plinth migrate --retry`);
    for (const pair of duplicates) out.line(`  ${pair.map((pk) => pk.map(String).join(", ")).join(" and ")}`);
  }
}
