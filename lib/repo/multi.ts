/** Defines the Multi: named operations that run in one transaction, each with the results of those before it. */

import type { Changeset } from "../changeset/index.js";
import { InvalidChangesetError } from "../changeset/index.js";
import { markCopy } from "../copies.js";
import { InvalidMultiError, MultiFailedError } from "../errors.js";
import type { Query, Selects, Where } from "../query/index.js";
import type { FieldKey, IdOf, NewAttrs, SchemaClass } from "../schema/index.js";
import type { BulkOptions, Changes, Counted, Returned, Returning, ReturningOption } from "./bulk/index.js";
import type { ReadOptions } from "./read/index.js";
import { type MultiResult, Operations, type Repo } from "./repo.js";
import { type FailedResult, isFailedResult, RolledBack } from "./transaction/index.js";
import type {
  Bulk,
  DeleteOptions,
  InsertOptions,
  InsertOrUpdateOptions,
  UpdateOptions,
} from "./write/index.js";

/** Gives the operation's result; one without a name adds the results of another Multi. */
type Operation = (repo: Repo, results: never) => unknown;

/** What stands in the list for `merge`, whose operations are known when it is reached. */
const MERGED = "";
type Later<Results, V> = V | ((results: Results) => V);

/** Ends a Multi from within. */
class Failed {
  constructor(readonly value: unknown) {}
}

type Added<Results, Name extends string, V> = Results & { readonly [K in Name]: V };

/**
 * A list of named operations that run in one transaction, in order; each sees the results of those before it. Immutable.
 *
 * Every input after a name may be a function of the results so far; the options are those of the Repo's method.
 * `repo.transactional` gives `{ ok: true, value }` with all results by name, or `{ ok: false, failedOperation, failedValue,
 * changesSoFar }` when a changeset is refused or it is failed: then nothing is stored. Each method throws InvalidMultiError
 * for a name that is empty or taken.
 *
 * @example
 * const result = await repo.transactional(tenant, new Multi()
 *   .insert("product", Product, { name: "Seeds" })
 *   .insert("review", Review, ({ product }) => ({ productId: product.id, score: 5 })));
 * if (!result.ok) console.log(result.failedOperation, result.failedValue);
 */
export class Multi<Results = Record<never, never>> extends Operations<Results> {
  readonly #operations: readonly (readonly [name: string, run: Operation])[];

  constructor();
  /** @internal */
  constructor(operations: readonly (readonly [string, Operation])[]);
  constructor(operations: readonly (readonly [string, Operation])[] = []) {
    super();
    this.#operations = Object.freeze(operations);
    Object.freeze(this);
  }

  #add<Name extends string, V>(name: Name, run: Operation): Multi<Added<Results, Name, V>> {
    if (typeof name !== "string" || name === "")
      throw new InvalidMultiError("An operation of a Multi needs a name.");
    if (name === "__proto__") throw new InvalidMultiError('"__proto__" cannot be the name of a result.');
    if (this.#operations.some(([known]) => known === name)) {
      throw new InvalidMultiError(`The Multi has an operation "${name}" already; names are unique.`);
    }
    return new Multi<Added<Results, Name, V>>([...this.#operations, [name, run]]);
  }

  /**
   * Ends the Multi from inside of `run`: nothing is stored, and `value` is its `failedValue`.
   *
   * @example new Multi().get("product", Product, "p1").run("left", (_, { product }) => product?.stock ?? Multi.fail("gone"));
   */
  static fail(value: unknown): never {
    throw new Failed(value);
  }

  /** The names, in order; those of `merge` are not known before. */
  get names(): readonly string[] {
    return this.#operations.map(([name]) => name).filter((name) => name !== MERGED);
  }

  /**
   * Inserts a record, as `repo.insert`; the result is the record.
   *
   * @example new Multi().insert("product", Product, { name: "Seeds" });
   * @throws InvalidMultiError
   */
  insert<Name extends string, T extends object>(
    name: Name,
    schema: SchemaClass<T>,
    input: Later<Results, NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>>,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>>,
  ): Multi<Added<Results, Name, T>> {
    return this.#add(name, (repo, results) =>
      repo.insert(schema, later(input, results) as NewAttrs<T>, options as never),
    );
  }

  /**
   * Updates a record, as `repo.update`; the result is the record.
   *
   * @example new Multi().insert("product", Product, { name: "Seeds" }).update("named", ({ product }) => change(product, { shelf: 7 }));
   * @throws InvalidMultiError
   */
  update<Name extends string, T extends object>(
    name: Name,
    changeset: Later<Results, Changeset<T>>,
    options?: UpdateOptions,
  ): Multi<Added<Results, Name, T>> {
    return this.#add(name, (repo, results) => repo.update(later(changeset, results), options));
  }

  /**
   * Inserts a new record or updates a stored one, as `repo.insertOrUpdate`; the result is the record.
   *
   * @example new Multi().insertOrUpdate("user", User.changeset(user, params));
   * @throws InvalidMultiError
   */
  insertOrUpdate<Name extends string, T extends object>(
    name: Name,
    changeset: Later<Results, Changeset<T>>,
    options?: InsertOrUpdateOptions<FieldKey<T>, NoInfer<T>>,
  ): Multi<Added<Results, Name, T>> {
    return this.#add(name, (repo, results) =>
      repo.insertOrUpdate(later(changeset, results), options as never),
    );
  }

  /**
   * Deletes a record, as `repo.delete`; the result is the record as it was.
   *
   * @example new Multi().delete("gone", product);
   * @throws InvalidMultiError
   */
  delete<Name extends string, T extends object>(
    name: Name,
    record: Later<Results, T | Changeset<T>>,
    options?: DeleteOptions,
  ): Multi<Added<Results, Name, T>> {
    return this.#add(name, (repo, results) => repo.delete(later(record, results) as T, options));
  }

  /**
   * Inserts a list of rows, or a query with a function that makes attributes of each of its rows, as `repo.insertAll`; the
   * result is `{ count, records }`.
   *
   * @example new Multi().insertAll("products", Product, [{ name: "Seeds" }, { name: "Cereal" }]);
   * @throws InvalidMultiError
   */
  insertAll<
    Name extends string,
    T extends object,
    const R extends Returning<NoInfer<T>> | undefined = undefined,
  >(
    name: Name,
    schema: SchemaClass<T>,
    rows: Later<Results, readonly (NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>)[]>,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>> & ReturningOption<R>,
  ): Multi<Added<Results, Name, Bulk<Returned<T, R>>>>;
  insertAll<
    Name extends string,
    T extends object,
    Row,
    const R extends Returning<NoInfer<T>> | undefined = undefined,
  >(
    name: Name,
    schema: SchemaClass<T>,
    query: Later<Results, Selects<Row>>,
    make: (row: Row) => NewAttrs<NoInfer<T>> | NoInfer<T> | Changeset<NoInfer<T>>,
    options?: InsertOptions<FieldKey<T>, NoInfer<T>> & ReturningOption<R>,
  ): Multi<Added<Results, Name, Bulk<Returned<T, R>>>>;
  insertAll<Name extends string>(
    name: Name,
    schema: SchemaClass<object>,
    rows: Later<Results, unknown>,
    third?: unknown,
    fourth?: unknown,
  ): Multi<Added<Results, Name, unknown>> {
    return this.#add(name, (repo, results) =>
      repo.insertAll(schema, later(rows, results) as Selects<object>, third as never, fourth as never),
    );
  }

  /**
   * Changes all rows of a query, as `repo.updateAll`; the result is `{ count }`, with `returning` also `records`.
   *
   * @example new Multi().updateAll("sold", from(Product).where({ shelf: 7 }), { inc: { stock: -1 } });
   * @throws InvalidMultiError
   */
  updateAll<
    Name extends string,
    T extends object,
    const R extends Returning<NoInfer<T>> | undefined = undefined,
  >(
    name: Name,
    query: Later<Results, Query<T>>,
    changes: Changes<T>,
    options?: BulkOptions & ReturningOption<R>,
  ): Multi<Added<Results, Name, Counted<T, R>>> {
    return this.#add(name, (repo, results) => repo.updateAll(later(query, results), changes, options));
  }

  /**
   * Deletes all rows of a query, as `repo.deleteAll`; the result is `{ count }`, with `returning` also `records`.
   *
   * @example new Multi().deleteAll("reviews", from(Review).where({ productId: "p1" }));
   * @throws InvalidMultiError
   */
  deleteAll<
    Name extends string,
    T extends object,
    const R extends Returning<NoInfer<T>> | undefined = undefined,
  >(
    name: Name,
    query: Later<Results, Query<T>>,
    options?: BulkOptions & ReturningOption<R>,
  ): Multi<Added<Results, Name, Counted<T, R>>> {
    return this.#add(name, (repo, results) => repo.deleteAll(later(query, results), options));
  }

  /**
   * Reads a record by its key, as `repo.get`; the result is the record, or `null`.
   *
   * @example new Multi().get("product", Product, "p1");
   * @throws InvalidMultiError
   */
  get<Name extends string, T extends object>(
    name: Name,
    schema: SchemaClass<T>,
    id: Later<Results, IdOf<NoInfer<T>>>,
    options?: ReadOptions,
  ): Multi<Added<Results, Name, T | null>> {
    return this.#add(name, (repo, results) => repo.get(schema, later<IdOf<T>>(id, results), options));
  }

  /**
   * Reads the one record with these values, as `repo.getBy`; the result is the record, or `null`.
   *
   * @example new Multi().getBy("user", User, { email: "ada@example.com" });
   * @throws InvalidMultiError
   */
  getBy<Name extends string, T extends object>(
    name: Name,
    schema: SchemaClass<T>,
    where: Later<Results, Where<T>>,
    options?: ReadOptions,
  ): Multi<Added<Results, Name, T | null>> {
    return this.#add(name, (repo, results) => repo.getBy(schema, later(where, results), options));
  }

  /**
   * Reads the only row of a query, as `repo.one`; the result is the row, or `null`.
   *
   * @example new Multi().one("newest", from(Review).last("insertedAt"));
   * @throws InvalidMultiError
   */
  one<Name extends string, R>(
    name: Name,
    query: Later<Results, Selects<R>>,
    options?: ReadOptions,
  ): Multi<Added<Results, Name, R | null>> {
    return this.#add(name, (repo, results) => repo.one(later(query, results), options));
  }

  /**
   * Reads all rows of a query, as `repo.all`; the result is a list.
   *
   * @example new Multi().all("scores", from(Review).where({ productId: "p1" }).select("score"));
   * @throws InvalidMultiError
   */
  all<Name extends string, R>(
    name: Name,
    query: Later<Results, Selects<R>>,
    options?: ReadOptions,
  ): Multi<Added<Results, Name, readonly R[]>> {
    return this.#add(name, (repo, results) => repo.all(later(query, results), options));
  }

  /**
   * Whether a query finds anything, as `repo.exists`; the result is true or false.
   *
   * @example new Multi().exists("reviewed", from(Review).where({ productId: "p1" }));
   * @throws InvalidMultiError
   */
  exists<Name extends string>(
    name: Name,
    query: Later<Results, Selects<unknown>>,
    options?: ReadOptions,
  ): Multi<Added<Results, Name, boolean>> {
    return this.#add(name, (repo, results) => repo.exists(later(query, results), options));
  }

  /**
   * Any function of the transaction's Repo and the results so far; the result is what it gives.
   *
   * A plain object `{ ok: false, … }` that it gives (as the `try…` methods do) ends the Multi and is its `failedValue`; so
   * does `Multi.fail(value)` in it. It runs again when the transaction does.
   *
   * @example new Multi().get("product", Product, "p1").run("reviews", (tx, { product }) => tx.count(from(Review).where({ productId: product?.id ?? "" })));
   * @throws InvalidMultiError
   */
  run<Name extends string, V>(
    name: Name,
    fn: (repo: Repo, results: Results) => V | Promise<V>,
  ): Multi<Added<Results, Name, Exclude<Awaited<V>, FailedResult>>> {
    return this.#add(name, async (repo, results) => {
      const value: unknown = await fn(repo, results);
      if (isFailedResult(value)) throw new Failed(value);
      return value;
    });
  }

  /**
   * A value that is known already, as the result of this name.
   *
   * @example new Multi().put("note", "thanks");
   * @throws InvalidMultiError
   */
  put<Name extends string, V>(name: Name, value: V): Multi<Added<Results, Name, V>> {
    return this.#add(name, () => value);
  }

  /**
   * Ends the Multi with a failure of this name; `value` is its `failedValue`.
   *
   * @example new Multi().error("order", "closed today");
   * @throws InvalidMultiError
   */
  error<Name extends string>(name: Name, value: unknown): Multi<Added<Results, Name, never>> {
    return this.#add(name, () => {
      throw new Failed(value);
    });
  }

  /**
   * The operations of a Multi that is made when its turn comes, of the results so far.
   *
   * @example multi.merge(({ order }) => order.lines.reduce((all, line) => all.insert(line.id, Line, line), new Multi()));
   * @throws InvalidMultiError for what is no function; when it runs, for one that gives no Multi or a name that is taken
   */
  merge<Others>(make: (results: Results) => Multi<Others>): Multi<Results & Others> {
    if (typeof make !== "function")
      throw new InvalidMultiError(
        "merge takes a function that makes a Multi: .merge((results) => new Multi()…).",
      );
    const run = (_: Repo, results: never): Multi<Others> => {
      const made: unknown = make(results);
      if (made instanceof Multi) return made as Multi<Others>;
      throw new InvalidMultiError("The function of merge must return a Multi.");
    };
    return new Multi<Results & Others>([...this.#operations, [MERGED, run]]);
  }

  /**
   * This Multi's operations, then the other's.
   *
   * @example new Multi().put("note", "thanks").append(new Multi().insert("product", Product, { name: "Seeds" }));
   * @throws InvalidMultiError for a name that both have
   */
  append<Others>(other: Multi<Others>): Multi<Results & Others> {
    return this.#joined(this, other as Multi<never>) as unknown as Multi<Results & Others>;
  }

  /**
   * The other Multi's operations, then this one's.
   *
   * @example new Multi().put("note", "thanks").prepend(new Multi().insert("product", Product, { name: "Seeds" }));
   * @throws InvalidMultiError for a name that both have
   */
  prepend<Others>(other: Multi<Others>): Multi<Results & Others> {
    return this.#joined(other as Multi<never>, this) as unknown as Multi<Results & Others>;
  }

  #joined(first: Multi<never> | this, second: Multi<never> | this): Multi {
    let joined = new Multi([...(first as Multi).#operations]);
    for (const [name, run] of (second as Multi).#operations) {
      joined =
        name === MERGED
          ? new Multi([...joined.#operations, [name, run]])
          : (joined.#add(name, run) as unknown as Multi);
    }
    return joined;
  }

  /** Runs the operations in their order, inside the transaction of `tx`. */
  protected override async execute(repo: Repo): Promise<MultiResult<Results>> {
    const results: Record<string, unknown> = {};
    await this.#runInto(repo, results);
    return { ok: true, value: results as Results };
  }

  async #runInto(repo: Repo, results: Record<string, unknown>): Promise<void> {
    for (const [name, run] of this.#operations) {
      if (name === MERGED) {
        await (run(repo, results as never) as Multi).#runInto(repo, results);
        continue;
      }
      if (Object.hasOwn(results, name))
        throw new InvalidMultiError(`The Multi has run an operation "${name}" already; names are unique.`);
      try {
        results[name] = await run(repo, results as never);
      } catch (error) {
        const expected = error instanceof Failed || error instanceof InvalidChangesetError;
        if (!expected) throw error;
        const failedValue = error instanceof Failed ? error.value : error.changeset;
        const result = { ok: false, failedOperation: name, failedValue, changesSoFar: results };
        throw new RolledBack(result, failedInside(name, error));
      }
    }
  }
}

markCopy(Multi.prototype);

/** What ends a transaction in which a Multi fails after it has written. */
function failedInside(name: string, cause: unknown): MultiFailedError {
  return new MultiFailedError(
    `A Multi inside of this transaction failed in its operation "${name}" when it had written already, so nothing of the ` +
      "transaction is stored. Look at the result of repo.transactional(multi), and throw or repo.rollback when it is not ok; " +
      "to go on without it, run it in a part of its own: try { await repo.transactional(async (tx) => …) } catch { … }.",
    { cause: cause instanceof Error ? cause : undefined },
  );
}

function later<V>(value: Later<never, V>, results: never): V {
  const isSchema = typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
  return typeof value === "function" && !isSchema ? (value as (results: never) => V)(results) : (value as V);
}
