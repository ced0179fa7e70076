/** Finds the related records that are written with a record: its parents before it, its children after it. */

import { writesOfRelations } from "../../changeset/index.js";
import { InvalidOptionsError } from "../../errors.js";
import { type AssociationInfo, buildRecord, type SchemaInfo } from "../../schema/index.js";
import { type AnyChangeset, newRecord, type Values } from "../rows/index.js";
import { checkTenant, type Session, tenantOf } from "../transaction/index.js";
import { isStored } from "./related-records.js";
import { insertOf, type Write, writeOf } from "./write.js";

/** The record's foreign key takes over the key of a parent; null clears it. */
export interface ParentWrite {
  readonly association: AssociationInfo;
  readonly write: Write | null;
}

export interface ChildWrite {
  readonly write: Write;
  /** Whether it gets the record's key as its foreign key, and takes its place in the relation. */
  readonly link: boolean;
}

/** The children of one relation. */
export interface ChildWrites {
  readonly association: AssociationInfo;
  readonly writes: readonly ChildWrite[];
}

/** What is written around a record, in this order. */
export interface Graph {
  readonly parents: readonly ParentWrite[];
  readonly children: readonly ChildWrites[];
}

const alone: Graph = Object.freeze({ parents: [], children: [] });

/** @throws InvalidOptionsError, IncorrectTenancyError */
export function graphOf(session: Session, write: Write): Graph {
  const { action, changeset, info, related } = write;
  if (related !== undefined) return graphOfRecord(info, related);
  if (changeset === undefined || action === "delete") return alone;
  return graphOfChangeset(session, changeset);
}

function graphOfChangeset(session: Session, changeset: AnyChangeset): Graph {
  const { before, after } = writesOfRelations(changeset);
  if (before.length === 0 && after.length === 0) return alone;
  const parents = before.map(({ association, changeset: parent }) => ({
    association,
    write: parent === null ? null : nestedWrite(session, parent as AnyChangeset),
  }));
  const children: { association: AssociationInfo; writes: ChildWrite[] }[] = [];
  for (const { association, changeset: child, link } of after) {
    if (children.at(-1)?.association !== association) children.push({ association, writes: [] });
    children.at(-1)?.writes.push({ write: nestedWrite(session, child as AnyChangeset), link });
  }
  return { parents, children };
}

function nestedWrite(session: Session, changeset: AnyChangeset): Write {
  checkTenant(session, tenantOf(changeset.data));
  return writeOf(actionOf(changeset), changeset);
}

/** The changeset's own; without one, a new record is inserted and a stored one updated. */
function actionOf({ action, data }: AnyChangeset): Write["action"] {
  if (action === "insert") return "insert";
  if (action === "delete") return "delete";
  return action === null && !isStored(data) ? "insert" : "update";
}

/** Of a record without a changeset, the new records in its relations; those behind them are left out. */
function graphOfRecord(info: SchemaInfo, related: Readonly<Values>): Graph {
  const parents: ParentWrite[] = [];
  const children: ChildWrites[] = [];
  for (const association of info.associations) {
    const { name, kind } = association;
    const value = Object.hasOwn(related, name) ? related[name] : undefined;
    if (value === undefined || value === null) continue;
    const target = association.target() as SchemaInfo<Values>;
    if (kind !== "belongsTo") {
      const rows = kind === "hasMany" ? (value as object[]) : [value];
      children.push({ association, writes: rows.map((row) => newChild(info, association, row)) });
    } else if (!isStored(value)) {
      const record = newRecord(target, asRecord(target, value as Values));
      parents.push({ association, write: insertOf(target, record) });
    }
  }
  return { parents, children };
}

const asRecord = (info: SchemaInfo<Values>, given: Values): Values =>
  given instanceof info.schema ? given : buildRecord(info, given);

/** Its record is made when it is linked. */
function newChild(info: SchemaInfo, association: AssociationInfo, row: object): ChildWrite {
  if (isStored(row)) {
    throw new InvalidOptionsError(
      `${info.name}.${association.name} holds a record that is stored already; an insert takes new ones. ` +
        `Link it by an update of its ${association.foreignKey}.`,
    );
  }
  const target = association.target() as SchemaInfo<Values>;
  return { write: insertOf(target, asRecord(target, row as Values)), link: true };
}

/** The write of a child with the key of the record that it belongs to. */
export function linked(write: Write, foreignKey: string, key: unknown): Write {
  const { info, changeset, record } = write;
  if (changeset !== undefined) return { ...write, changeset: changeset.putChange(foreignKey, key) };
  return { ...write, record: newRecord(info, { ...record, [foreignKey]: key }) };
}
