/** The error of a write that breaks a rule of the store which its changeset does not declare. */

import { PlinthError } from "../../errors.js";

export interface ConstraintViolation {
  readonly type: "unique" | "foreignKey" | "assoc" | "noAssoc" | "check";
  /** The index or check. */
  readonly name: string;
  readonly fields: readonly string[];
  /** The class of the refused record. */
  readonly schema: string;
}

/** A write breaks a rule of the store that its changeset does not declare, so there is no field to report it on. */
export class ConstraintError extends PlinthError {
  static readonly code = "constraint_violated";
  readonly violation: ConstraintViolation;
  /** The changeset of the write; `undefined` when it was made of plain attributes. */
  readonly changeset: object | undefined;

  constructor(violation: ConstraintViolation, changeset?: object, options?: { cause?: unknown }) {
    super("constraint_violated", describe(violation), options);
    this.violation = Object.freeze({ ...violation });
    this.changeset = changeset;
  }
}

function describe({ type, name, fields, schema }: ConstraintViolation): string {
  const list = fields.map((field) => `"${field}"`).join(", ");
  if (type === "unique") {
    return (
      `Another ${schema} has the same ${fields.join(" and ")} (unique index ${name}). ` +
      `To get this as an error of the changeset, write .uniqueConstraint(${fields.length === 1 ? list : `[${list}]`}).`
    );
  }
  return `${schema} breaks the ${type} constraint ${name} on ${fields.join(" and ")}.`;
}
