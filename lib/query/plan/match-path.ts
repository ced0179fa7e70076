/** Finds how far the conditions of a query narrow the keys of a path, and which are left to be tested. */

import type { Constraint, Point } from "../evaluate/index.js";
import type { Condition } from "../words/index.js";
import type { AccessPath } from "./access-path.js";

/** How far the conditions reach into the fields of one path. */
export interface PathMatch {
  readonly path: AccessPath;
  /** Leading fields fixed to one or more values. */
  readonly fixed: readonly { readonly field: string; readonly points: readonly Point[] }[];
  readonly range: Extract<Constraint, { kind: "range" }> | undefined;
  /** Conditions on fields that the key does not narrow. */
  readonly residual: readonly Condition[];
}

/** Key ranges that the path is cut into. */
export const spanCount = ({ fixed, range }: PathMatch): number =>
  fixed.reduce((count, { points }) => count * points.length, range?.pieces.length ?? 1);

export function matchPath(
  path: AccessPath,
  constraints: ReadonlyMap<string, Constraint>,
  where: readonly Condition[],
): PathMatch {
  const fixed: { field: string; points: readonly Point[] }[] = [];
  const consumed = new Set<string>();
  let range: PathMatch["range"];
  for (const field of path.narrowing) {
    const constraint = consumed.has(field) ? undefined : constraints.get(field);
    if (constraint === undefined) break;
    consumed.add(field);
    if (constraint.kind === "range") {
      range = constraint;
      break;
    }
    fixed.push({ field, points: constraint.points });
  }
  const residual = where.filter((condition, at) => {
    const { field } = condition;
    if (!consumed.has(field)) return true;
    // The key holds one item of a list: that of the first condition.
    return (
      field.endsWith("[]") &&
      path.index?.each !== undefined &&
      where.findIndex((w) => w.field === field) !== at
    );
  });
  return { path, fixed, range, residual };
}
