/** What the decorators of relations have in common: the related class as a function, and the property that fits. */

import { SchemaError } from "../../errors.js";
import type { Association, AssociationKind } from "../definition/index.js";
import type { Refused } from "./fits.js";

/** `K` when the property is declared as this relation to the class. */
export type Relates<T, K extends keyof T, Kind extends AssociationKind, U> = T[K] extends
  | Association<Kind, U>
  | null
  | undefined
  ? K
  : Refused<"Declare the property as the relation of this decorator, to the same class.">;

export type RelationDecorator<Kind extends AssociationKind, U> = <T extends object, K extends keyof T>(
  target: T,
  property: Relates<T, K, Kind, U>,
) => void;

export const isClass = (value: unknown): boolean =>
  typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

/** @throws SchemaError */
export function checkTarget(where: string, decorator: string, target: unknown): void {
  // A class is a function as well; calling it as a thunk would fail far from here.
  if (typeof target === "function" && !isClass(target)) return;
  throw new SchemaError(
    `${where} names its schema directly. Write a function, @${decorator}(() => Product, …): the class may not exist ` +
      "yet while this one is defined.",
  );
}
