import type { Action } from "../../../lib/index.js";
import type { Random } from "../runs.js";
import { chance } from "./kinds.js";
import {
  byKey,
  describe,
  known,
  type Label,
  present,
  query,
  referring,
  type Setting,
  served,
  unstated,
  valuesOf,
} from "./label.js";
import type { ModelQuery } from "./queries.js";

/** A list for each row of a list: of rows, of numbers, or of lists again. */
export async function nestedLabel(next: Random, setting: Setting, parents: ModelQuery): Promise<Label> {
  const { children } = setting.world;
  const ids = { ...parents, select: "id" };
  const outer = await served(setting, ids);
  const of = (id: unknown) => query({ model: referring(children, id), scan: true });
  // Only keys that stand for a single row can be looked up one by one.
  const shapes = children.partition === undefined ? 3 : 2;
  const resumable = known(parents) && children.known.has("ref");
  switch (next(shapes)) {
    case 0:
      return {
        text: `each ${describe(ids)}: all by ref`,
        mode: "exact",
        live: (sync) => sync.each(sync.all(query(outer)), (id) => sync.all(of(id))),
        fresh: async (at) =>
          Promise.all((await at.result(ids)).map(({ id }) => valuesOf(at, referring(children, id)))),
        resumable,
        unstated: unstated(parents),
      };
    case 1:
      return {
        text: `each ${describe(ids)}: count by ref`,
        mode: "exact",
        live: (sync) => sync.each(sync.all(query(outer)), (id) => sync.count(of(id))),
        fresh: async (at) =>
          Promise.all(
            (await at.result(ids)).map(async ({ id }) => (await at.result(referring(children, id))).length),
          ),
        resumable,
        unstated: unstated(parents),
      };
    default:
      return {
        text: `each ${describe(ids)}: each by ref: one`,
        mode: "exact",
        live: (sync) =>
          sync.each(sync.all(query(outer)), (id) =>
            sync.each(sync.all(of(id).select("id" as never)), (child) => sync.one(children.schema, child)),
          ),
        fresh: async (at) =>
          Promise.all((await at.result(ids)).map(({ id }) => valuesOf(at, referring(children, id)))),
        resumable,
        unstated: unstated(parents),
      };
  }
}

/** The row of each key of a list; the list may move only when rows come and go. */
export async function eachLabel(next: Random, setting: Setting, model: ModelQuery): Promise<Label> {
  const { parents } = setting.world;
  const on: Action = chance(next, 2) ? "changes" : "collection";
  const ids = { ...model, select: "id", limit: on === "changes" ? model.limit : undefined };
  const outer = await served(setting, ids);
  return {
    text: `each on ${on} ${describe(ids)}: one`,
    mode: on === "changes" ? "exact" : "unordered",
    live: (sync) => sync.each(sync.all(query(outer), { on }), (id) => sync.one(parents.schema, id)),
    fresh: async (at) =>
      present(await Promise.all((await at.result(ids)).map(({ id }) => byKey(at, parents, id)))),
    resumable: known(ids),
    unstated: unstated(ids),
  };
}

/** The parent that each child refers to: keys that come twice, and keys without a row. */
export async function referredLabel(setting: Setting): Promise<Label> {
  const { parents, children } = setting.world;
  const model: ModelQuery = {
    ...referring(children, null),
    where: [["ref", { isNull: false }]],
    select: "ref",
  };
  const refs = await served(setting, model);
  return {
    text: `each ${describe(model)}: one`,
    mode: "exact",
    live: (sync) => sync.each(sync.all(query(refs)), (ref) => sync.one(parents.schema, ref)),
    fresh: async (at) =>
      present(await Promise.all((await at.result(model)).map((row) => byKey(at, parents, row.ref)))),
    resumable: children.known.has("ref"),
  };
}

/** For each child that refers to a parent, how many refer to the same one; a reference to none is left out. */
export async function siblingsLabel(setting: Setting): Promise<Label> {
  const { children } = setting.world;
  const model: ModelQuery = { ...referring(children, null), where: [], select: "ref" };
  const refs = await served(setting, model);
  const of = (ref: unknown) => query({ model: referring(children, ref), scan: true });
  return {
    text: `each ${describe(model)}: count by ref`,
    mode: "exact",
    live: (sync) => sync.each(sync.all(query(refs)), (ref) => sync.count(of(ref))),
    fresh: async (at) =>
      Promise.all(
        (await at.result(model))
          .filter(({ ref }) => ref !== null)
          .map(async ({ ref }) => (await at.result(referring(children, ref))).length),
      ),
    resumable: children.known.has("ref"),
  };
}
