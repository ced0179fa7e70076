/** Finds the related records that are written with a record, on all levels: what leaves, its parents, its children. */

import { writesOfRelations } from "../../changeset/index.js";
import { InvalidOptionsError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import {
  equalValues,
  type KeyedAssociation,
  type ManyToManyAssociation,
  type SchemaInfo,
} from "../../schema/index.js";
import { rowText } from "../cascade/index.js";
import { keyOfLoaded } from "../read/index.js";
import type { AnyChangeset, Values } from "../rows/index.js";
import { checkTenant, type Session, tenantOf } from "../transaction/index.js";
import type { Generated } from "./generated.js";
import { preparesChanges } from "./prepare-changes.js";
import { isStored } from "./stored-parents.js";
import { type Write, writeOf } from "./write.js";

/** A record to write with what is related to it. */
export interface Graph {
  readonly write: Write;
  /** Removed or let go, before anything else is written. */
  readonly leaving: readonly Write[];
  readonly parents: readonly ParentGraph[];
  readonly children: readonly ChildGraphs[];
  readonly joins: readonly JoinGraphs[];
}

/** The record's foreign key takes over the key of a parent; null clears it. */
export interface ParentGraph {
  readonly association: KeyedAssociation;
  readonly graph: Graph | null;
}

/** The children of one relation; they get the record's key as their foreign key. */
export interface ChildGraphs {
  readonly association: KeyedAssociation;
  readonly graphs: readonly Graph[];
}

/** The records of one many-to-many relation; those that are not joined yet are, once they are written. */
export interface JoinGraphs {
  readonly association: ManyToManyAssociation;
  readonly joined: readonly { readonly graph: Graph; readonly already: boolean }[];
  /** Records whose joins with this one are removed, before anything else is written. */
  readonly removed: readonly Values[];
}

const nothing: readonly never[] = Object.freeze([]);

const alone = (write: Write): Graph => ({
  write,
  leaving: nothing,
  parents: nothing,
  children: nothing,
  joins: nothing,
});

export const isAlone = ({ leaving, parents, children, joins }: Graph): boolean =>
  leaving.length === 0 && parents.length === 0 && children.length === 0 && joins.length === 0;

/** @throws IncorrectTenancyError, PrimaryKeyChangeError */
export function graphOf(session: Session, write: Write): Graph {
  const { action, changeset, generated, info, record } = write;
  if (action !== "insert" && !layoutOf(info).isPending(record)) keyOfLoaded(info, record);
  if (changeset === undefined || action === "delete") return alone(write);
  const { leaving, parents, children, joins } = writesOfRelations(changeset);
  if (leaving.length + parents.length + children.length + joins.length === 0) return alone(write);
  const nested = ({ name }: { readonly name: string }, child: object, place: number): Graph =>
    // What its functions make of it is known when they have run.
    graphOrAlone(session, nestedWrite(session, child as AnyChangeset, generated?.of(name, place)));
  return {
    write,
    leaving: leaving.map((one) => nestedWrite(session, one as AnyChangeset, undefined)),
    parents: parents.map(({ association, changeset: parent }) => ({
      association,
      graph: parent === null ? null : nested(association, parent, 0),
    })),
    children: children.map(({ association, changesets }) => ({
      association,
      graphs: changesets.map((child, place) => nested(association, child, place)),
    })),
    joins: joins.map(({ association, changesets, removed }) => ({
      association,
      joined: changesets.map(({ changeset: other, joined }, place) => ({
        graph: nested(association, other, place),
        already: joined,
      })),
      removed: removed as readonly Values[],
    })),
  };
}

const graphOrAlone = (session: Session, write: Write): Graph =>
  preparesChanges(write) ? alone(write) : graphOf(session, write);

function nestedWrite(session: Session, changeset: AnyChangeset, generated: Generated | undefined): Write {
  checkTenant(session, tenantOf(changeset.data));
  return writeOf(actionOf(changeset), changeset, generated);
}

/** The changeset's own; without one, a new record is inserted and a stored one updated. */
function actionOf({ action, data }: AnyChangeset): Write["action"] {
  if (action === "insert") return "insert";
  if (action === "delete") return "delete";
  return action === null && !isStored(data) ? "insert" : "update";
}

/** What is removed or let go anywhere in the graph; a row that leaves several relations is removed once. */
export function leavingOf(graph: Graph): readonly Write[] {
  const all = leavingBelow(graph);
  if (all.length < 2) return all;
  const removed = new Map<string, Write>();
  for (const write of all) if (write.action === "delete") removed.set(rowOf(write), write);
  const letGo = all.filter((write) => write.action !== "delete" && !removed.has(rowOf(write)));
  return [...removed.values(), ...letGo];
}

const leavingBelow = (graph: Graph): readonly Write[] => [
  ...graph.leaving,
  ...graphsBelow(graph).flatMap(leavingBelow),
];

/** Those of the related records that are written with it. */
export const graphsBelow = ({ parents, children, joins }: Graph): readonly Graph[] => [
  ...parents.flatMap(({ graph }) => graph ?? []),
  ...children.flatMap(({ graphs }) => graphs),
  ...joins.flatMap(({ joined }) => joined.map(({ graph }) => graph)),
];

const rowOf = ({ info, record }: Write): string => rowText(info, record);

/**
 * A child with the key of the record that it belongs to.
 *
 * @param record to which it belongs, as it is stored
 * @throws InvalidOptionsError when a parent of its own would take its place
 */
export function linked(
  graph: Graph,
  association: KeyedAssociation,
  owner: SchemaInfo,
  record: Values,
): Graph {
  const { write, parents } = graph;
  const { foreignKeys, name } = association;
  const { info, changeset } = write;
  const references = association.references();
  const keys: Values = Object.fromEntries(foreignKeys.map((field, at) => [field, record[references[at]!]]));
  const other = parents.find((parent) => !agrees(parent, info, keys));
  if (other !== undefined) {
    throw new InvalidOptionsError(
      `A ${info.name} of ${owner.name}.${name} is given with ${other.association.name}, which would take it away from the ` +
        `${owner.name} around it: both set ${foreignKeys.join(" and ")}. Leave ${other.association.name} out.`,
    );
  }
  const next = foreignKeys.reduce((to, field) => to.putChange(field, keys[field]), changeset as AnyChangeset);
  return next === changeset ? graph : { ...graph, write: { ...write, changeset: next } };
}

/** Whether a parent of its own leaves these fields as they are to be; one that is not stored yet has no key to tell. */
function agrees({ association, graph }: ParentGraph, info: SchemaInfo, keys: Values): boolean {
  const { foreignKeys, references } = association;
  if (!foreignKeys.some((field) => Object.hasOwn(keys, field))) return true;
  const shared = foreignKeys.length === 1 || foreignKeys.every((field) => Object.hasOwn(keys, field));
  if (graph === null || graph.write.action !== "update") return !shared;
  const names = references();
  const parent = graph.write.record as Values;
  return foreignKeys.every(
    (field, at) =>
      !Object.hasOwn(keys, field) || equalValues(info.field(field).type, parent[names[at]!], keys[field]),
  );
}
