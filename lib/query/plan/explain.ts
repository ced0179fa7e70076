/** Describes a plan to people and programs. */

import { show } from "../evaluate/index.js";
import {
  type Alternatives,
  type Condition,
  type OrderTerm,
  pathsOf,
  type QueryAst,
  subjectOf,
} from "../words/index.js";
import type { Plan } from "./plan.js";

/** How a query is read, for people and programs. */
export interface Explanation {
  /** The source whose records are read. */
  readonly source: string;
  /** `"none"` when the conditions contradict each other. */
  readonly access: "none" | "get" | "range" | "skip" | "union";
  /** The index's name; `null` for the records themselves, and for a union, whose `parts` have their own. */
  readonly index: string | null;
  /** What each key range holds, in words; its keys in hex, `begin` included and `end` not. */
  readonly ranges: readonly { readonly text: string; readonly begin: string; readonly end: string }[];
  /** Requests before rows are fetched: one for each key range. `null` when data decides (`distinct`). */
  readonly requests: number | null;
  /** Rows are read by primary key after their index entries, all at once. */
  readonly fetchesRows: boolean;
  /** Whether the keys are read backwards. */
  readonly reverse: boolean;
  /** The order in which rows are delivered. */
  readonly order: readonly OrderTerm[];
  /** The order made in memory after reading every row of the ranges; `null` when the keys give it. */
  readonly sort: readonly OrderTerm[] | null;
  /** Rows at most; `null` without a limit. */
  readonly limit: number | null;
  /** Conditions tested in memory, row by row. */
  readonly residual: readonly string[];
  /** Number of `.filter` functions. */
  readonly filters: number;
  /** The paths of relations that are loaded with the rows. */
  readonly preload: readonly string[];
  /** Of a union: how each alternative is read. */
  readonly parts: readonly Explanation[];
  /** All of it as text, one fact a line. */
  readonly text: string;
}

const words = (order: readonly OrderTerm[]) =>
  order.map((t) => `${t.field} ${t.direction}${t.nulls === undefined ? "" : ` nulls ${t.nulls}`}`).join(", ");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function accessOf(plan: Plan): Explanation["access"] {
  if (plan.kind === "empty") return "none";
  if (plan.kind === "union") return "union";
  if (plan.distinct !== undefined) return "skip";
  return plan.kind === "primary" && plan.spans.every(({ point }) => point) ? "get" : "range";
}

function summary(access: Explanation["access"], plan: Plan): string {
  const where =
    plan.path.index === undefined
      ? "by primary key"
      : `on index ${plan.path.name} (${plan.path.index.fields.join(", ")})`;
  const count = plan.kind === "custom" ? 1 : plan.spans.length;
  const direction = plan.reverse ? ", backwards" : "";
  const merged = plan.arrange === "merge" ? ", merged in order" : "";
  switch (access) {
    case "none":
      return "nothing is read: the conditions contradict each other";
    case "get":
      return `${count} ${count === 1 ? "point read" : "point reads"} ${where}`;
    case "union": {
      const arranged = {
        merge: "merged in order",
        sort: "sorted in memory",
        sequence: `one after the other${direction}`,
      };
      return `union of ${plan.union!.parts.length} reads, each row once, ${arranged[plan.union!.arrange]}`;
    }
    case "skip":
      return `one range read for each value of ${plan.distinct!.join(", ")} ${where}${direction}`;
    default:
      return `${count} ${count === 1 ? "range read" : "range reads"} ${where}${direction}${merged}`;
  }
}

function describeCondition({ field, op, value }: Condition): string {
  if (op === "isNull") return `${field} is ${value === true ? "null" : "not null"}`;
  if (op !== "any") return `${field} ${op} ${show(value)}`;
  return describeAlternatives(value as Alternatives);
}

const describeAlternatives = (alternatives: Alternatives): string =>
  `(${alternatives.map((list) => list.map(describeCondition).join(" and ")).join(" or ")})`;

/** The key ranges of a plan, or the parts of a union. */
function readLines(plan: Plan, parts: readonly Explanation[]): readonly string[] {
  if (parts.length > 0) return parts.flatMap(({ text }) => text.split("\n").map((line) => `  ${line}`));
  const ranges = plan.spans.slice(0, 10).map((span) => `  range: ${span.text()}`);
  return plan.spans.length > 10 ? [...ranges, `  … and ${plan.spans.length - 10} more`] : ranges;
}

/** Describes a plan as data and text. */
export function explainPlan(ast: QueryAst, plan: Plan): Explanation {
  const access = accessOf(plan);
  const residual = [...plan.residual.map(describeCondition), ...plan.alternatives.map(describeAlternatives)];
  const parts = (plan.union?.parts ?? []).map((part) =>
    explainPlan({ ...part.ast, preload: [] }, { ...part.plan, limit: undefined, filters: 0 }),
  );
  const lines = [`${subjectOf(ast)}: ${summary(access, plan)}`, ...readLines(plan, parts)];
  if (plan.kind === "index" || plan.kind === "custom") {
    lines.push(
      plan.fetch ? "  rows: 1 point read for each entry, pipelined" : "  rows: from the index alone",
    );
  }
  if (plan.limit !== undefined) {
    lines.push(
      `  limit: ${plan.limit}${ast.ties ? ", and what ties with the last row by one more read" : ""}`,
    );
  }
  if (plan.kind !== "empty" && plan.union?.arrange !== "sequence") {
    lines.push(`  order: ${words(plan.order) || "one row"}`);
  }
  if (plan.sort !== undefined) lines.push("  sort: in memory, after reading every row of the ranges");
  if (residual.length > 0) lines.push(`  tested in memory: ${residual.join(" and ")}`);
  if (plan.filters > 0) lines.push(`  filters in JavaScript: ${plan.filters}`);
  if (ast.preload.length > 0) lines.push(`  preload: ${pathsOf(ast.preload).join(", ")}`);
  return Object.freeze({
    source: ast.source,
    access,
    index: plan.path.index?.name ?? null,
    ranges: plan.spans.map((span) => ({ text: span.text(), begin: hex(span.begin), end: hex(span.end) })),
    requests: access === "skip" ? null : plan.kind === "custom" ? 1 : plan.spans.length,
    fetchesRows: plan.fetch,
    reverse: plan.reverse,
    order: plan.order,
    sort: plan.sort ?? null,
    limit: plan.limit ?? null,
    residual,
    filters: plan.filters,
    preload: pathsOf(ast.preload),
    parts,
    text: lines.join("\n"),
  });
}
