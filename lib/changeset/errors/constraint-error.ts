/** The error of a write that breaks a rule of the store which its changeset does not declare. */

import { PlinthError } from "../../errors.js";

/** Which rule of the store was broken, and by what. */
export interface ConstraintViolation {
  /** The kind of the rule. */
  readonly type: "unique" | "foreignKey" | "assoc" | "noAssoc" | "check";
  /** The index or check. */
  readonly name: string;
  /** The fields that it is about. */
  readonly fields: readonly string[];
  /** The class of the refused record. */
  readonly schema: string;
}

/** A write breaks a rule of the store that its changeset does not declare, so there is no field to report it on. */
export class ConstraintError extends PlinthError {
  static readonly code = "constraint_violated";
  /** Which rule was broken. */
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
