import { writeSync } from "node:fs";
import { change, Field, from, PrimaryKey, Repo, Schema, Tenant } from "../../lib/index.js";

/** The job of crash.spec.ts, and the process that works on it until it is killed, on the store PLINTH_JOB_STORE. */

@Schema("accounts")
export class Account {
  @PrimaryKey("integer") declare id: number;
  @Field("integer") declare touched: number;
  @Field("integer") declare cents: number;
}

/** Each batch leaves one, which cannot be left twice. */
@Schema("batches")
export class Batch {
  @PrimaryKey("string") declare id: string;
  @Field("integer") declare rows: number;
}

const SIZE = 5;

/** Adds one to each account, and its number to its cents; then moves a cent from each to the first one. */
const touch = async (tx: Repo, begin: number | undefined) => {
  const at = begin ?? 0;
  const rows = await tx.all(from(Account).where({ id: { gte: at, lt: at + SIZE } }));
  for (const one of rows)
    await tx.update(change(one, { touched: one.touched + 1, cents: one.cents + one.id }));
  await tx.insert(Batch, { id: `touch ${at}`, rows: rows.length });
  told();
  return (await tx.exists(from(Account).where({ id: { gte: at + SIZE } }))) ? at + SIZE : null;
};

const move = async (tx: Repo, after: { readonly done: number } | undefined) => {
  const done = after?.done ?? 0;
  const rows = await tx.all(from(Account).where({ id: { gt: done, lte: done + SIZE } }));
  await tx.updateAll(from(Account).where({ id: { in: rows.map(({ id }) => id) } }), { inc: { cents: -1 } });
  await tx.updateAll(from(Account).where({ id: 0 }), { inc: { cents: rows.length } });
  await tx.insert(Batch, { id: `move ${done}`, rows: rows.length });
  told();
  return rows.length < SIZE ? null : { done: done + SIZE };
};

export const repoOf = (url: string): Repo => new Repo({ url, storageId: "job" });

export const work = (repo: Repo, tenant: Tenant) =>
  repo.job(tenant, "touch and move", [touch, move], { staleClaimMs: 200 });

const url = process.env.PLINTH_JOB_STORE;
/** Tells the parent that a batch is under way; the commit comes after it. */
const told = () => url !== undefined && writeSync(1, "batch\n");

if (url !== undefined) {
  const repo = repoOf(url);
  await work(repo, await Tenant.open(repo, "acme"));
  await repo.close();
}
