// PGlite's live queries doing the same: one row of an ordered list changes, and the difference is told.
import { PGlite } from "@electric-sql/pglite";
import { live } from "@electric-sql/pglite/live";

/** Milliseconds from the acknowledged update to the event, for each of `changes` updates. */
export async function liveChanges(rows, changes) {
  const db = await PGlite.create({ extensions: { live } });
  await db.exec("create table posts (id text primary key, owner text, rank integer, body text)");
  await db.exec("create index on posts (rank)");
  for (let from = 0; from < rows; from += 1000) {
    const some = Array.from({ length: Math.min(1000, rows - from) }, (_, i) => {
      const n = from + i;
      return `('p${n}', 'o${n % 100}', ${n}, 'body')`;
    });
    await db.exec(`insert into posts values ${some.join(",")}`);
  }
  let told;
  const subscription = await db.live.changes("select * from posts order by rank", [], "id", () => told?.());
  const times = [];
  for (let i = 0; i < changes; i++) {
    const event = new Promise((resolve) => {
      told = () => resolve(performance.now());
    });
    await db.query("update posts set body = $1 where id = $2", [`body ${i}`, `p${(i * 31) % rows}`]);
    const acknowledged = performance.now();
    times.push(Math.max(0, (await event) - acknowledged));
  }
  await subscription.unsubscribe();
  await db.close();
  return times;
}
