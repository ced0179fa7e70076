/** A collection of TanStack DB over a live query: its queries, joins and optimistic writes stand on what a server tells. */

import type { CollectionConfig } from "@tanstack/db";
import type { Offered, ParamsOf, RemoteConnection, RemoteTransition, ValueOf } from "../client/index.js";

/** The rows of a live list. */
export type RowOfList<O> = ValueOf<O> extends readonly (infer R extends object)[] ? R : never;

/** What a server answers to a write: the version of its commit, of `{ returning: "version" }`. */
export interface Written {
  /** The version of its commit; as text in JSON. */
  readonly version: bigint | string;
}

/** A row that was written, as TanStack DB has it. */
export interface Mutation<R> {
  /** What `getKey` gives of the row. */
  readonly key: string | number;
  /** The row after the write; for a delete, the one that goes. */
  readonly row: R;
  /** The fields that the application gave. */
  readonly changes: Partial<R>;
}

/** Sends what one transaction wrote to the application's server, together; what it throws undoes them on the page. */
export type Send<R> = (mutations: readonly Mutation<R>[]) => Promise<Written>;

/** What `plinthCollectionOptions` takes. */
export interface PlinthCollectionConfig<Q, L extends keyof Q & string, R extends object, K> {
  /** The connection of the page: `connect(url)`. */
  readonly connection: RemoteConnection<Q>;
  /** The label of a live list. */
  readonly query: L;
  /** The parameters, where the query is a function. Default: none. */
  readonly params?: ParamsOf<Q[L]>;
  /** The key of a row: unique in the list. */
  readonly getKey: (row: R) => K;
  /** The collection's name. Default: TanStack DB makes one. */
  readonly id?: string;
  /** Sends rows that were inserted on the page. Default: such writes are refused by TanStack DB. */
  readonly onInsert?: Send<R>;
  /** Sends rows that were changed on the page. Default: such writes are refused by TanStack DB. */
  readonly onUpdate?: Send<R>;
  /** Sends rows that were deleted on the page. Default: such writes are refused by TanStack DB. */
  readonly onDelete?: Send<R>;
}

interface Transaction<R> {
  readonly transaction: {
    readonly mutations: readonly {
      readonly key: string | number;
      readonly original: unknown;
      readonly modified: unknown;
      readonly changes: unknown;
      readonly type: string;
    }[];
  };
  readonly collection?: R;
}

const mutationsOf = <R>({ transaction }: Transaction<unknown>): Mutation<R>[] =>
  transaction.mutations.map(({ key, original, modified, changes, type }) => ({
    key,
    row: (type === "delete" ? original : modified) as R,
    changes: changes as Partial<R>,
  }));

/**
 * Options for `createCollection` of TanStack DB.
 *
 * `onInsert`, `onUpdate` and `onDelete` send to your server and give the version of its commit. The optimistic state
 * is dropped when the page holds that commit, neither before it (a flicker) nor after it; a write that throws is undone.
 *
 * @example
 * const todos = createCollection(plinthCollectionOptions({
 *   connection: connect<Live>("/live"),
 *   query: "todos",
 *   getKey: (todo) => todo.id,
 *   onInsert: (mutations) => post("/todos", mutations), // answers { version }
 * }));
 */
export function plinthCollectionOptions<
  Q extends Offered,
  L extends keyof Q & string,
  K extends string | number,
  R extends RowOfList<Q[L]> & object = RowOfList<Q[L]>,
>(config: PlinthCollectionConfig<Q, L, R, K>): CollectionConfig<R, K> {
  const { connection, query, params, getKey, id, onInsert, onUpdate, onDelete } = config;
  /** The subscription, while the collection is used. */
  let view: ReturnType<typeof connection.watch> | undefined;

  const sync: CollectionConfig<R, K>["sync"] = {
    // Whole rows come: a field that is gone is gone.
    rowUpdateMode: "full",
    sync({ begin, write, commit, markReady, markError, truncate }) {
      const watching = connection.watch(query, params);
      view = watching as never;
      let ready = false;
      const take = (transition: RemoteTransition<Pick<Q, L>>): void => {
        if (transition.type !== "snapshot" && transition.type !== "change") return;
        begin();
        if (transition.type === "snapshot") {
          if (ready) truncate();
          for (const row of (watching.value as Readonly<Record<string, readonly R[]>>)[query] ?? [])
            write({ type: "insert", value: row });
        } else {
          const changes = (transition.changes as Readonly<Record<string, readonly Step<R>[]>>)[query];
          for (const change of changes ?? []) writeChange(change);
        }
        commit();
        if (ready) return;
        ready = true;
        markReady();
      };
      const writeChange = (change: Step<R>): void => {
        if (change.op === "insert") write({ type: "insert", value: change.row });
        else if (change.op === "delete") write({ type: "delete", key: getKey(change.before) });
        // A step that only moves a row changes nothing here: a collection is no list.
        else if (change.row !== change.before) write({ type: "update", value: change.row });
      };
      const stops = [
        watching.on("transition", take as never),
        watching.on("error", (error) => markError(error)),
      ];
      return () => {
        for (const stop of stops) stop();
        watching.close();
        view = undefined;
      };
    },
  };

  /** Resolves when the page holds the commit, and no longer needs what it made up. */
  const settled = (send: Send<R>) => async (given: unknown) => {
    const { version } = await send(mutationsOf<R>(given as Transaction<unknown>));
    await (view ?? connection).until(version);
  };
  return {
    ...(id === undefined ? {} : { id }),
    getKey,
    sync,
    ...(onInsert === undefined ? {} : { onInsert: settled(onInsert) }),
    ...(onUpdate === undefined ? {} : { onUpdate: settled(onUpdate) }),
    ...(onDelete === undefined ? {} : { onDelete: settled(onDelete) }),
  };
}

type Step<R> =
  | { readonly op: "insert"; readonly row: R }
  | { readonly op: "update"; readonly row: R; readonly before: R }
  | { readonly op: "delete"; readonly before: R };
