/** The kinds of constraints, as a changeset declares them to the Repo. */

import type { SchemaClass } from "../../schema/index.js";

/**
 * Rules that only the store can decide. A changeset declares them as data; the Repo reads what they need inside the
 * transaction of the write, so their answer is exact.
 */
export type Constraint =
  | UniqueConstraint
  | ForeignKeyConstraint
  | AssocConstraint
  | NoAssocConstraint
  | CheckConstraint
  | OptimisticLock;

interface Reported {
  /** Where the error goes. */
  readonly field: string;
  readonly message: string;
}

/** No other record has these values; served by a unique index on the fields. */
export interface UniqueConstraint extends Reported {
  readonly type: "unique";
  readonly fields: readonly string[];
  /** The index, when its name is not the one that the fields give. */
  readonly name: string | undefined;
}

/** The record that the foreign key names exists. */
export interface ForeignKeyConstraint extends Reported {
  readonly type: "foreignKey";
  /** The field; of a composite key the first one. */
  readonly foreignKey: string;
  readonly foreignKeys: readonly string[];
  /** The fields of the target whose values they hold. */
  readonly references: () => readonly string[];
  readonly target: () => SchemaClass<object>;
}

/** As a foreign key constraint, reported on the relation. */
export interface AssocConstraint extends Reported {
  readonly type: "assoc";
  readonly association: string;
  /** The field; of a composite key the first one. */
  readonly foreignKey: string;
  readonly foreignKeys: readonly string[];
  readonly references: () => readonly string[];
  readonly target: () => SchemaClass<object>;
}

/** No record of the relation is left; for deletes. Served by an index that starts with the foreign key. */
export interface NoAssocConstraint extends Reported {
  readonly type: "noAssoc";
  readonly association: string;
}

/** A predicate on the record as it will be stored. */
export interface CheckConstraint extends Reported {
  readonly type: "check";
  readonly name: string;
  readonly check: (record: object) => boolean;
}

/** The stored value of `field` is still `expected`; `next` gives the one to store. */
export interface OptimisticLock {
  readonly type: "optimisticLock";
  readonly field: string;
  readonly expected: unknown;
  readonly next: (current: unknown) => unknown;
}
