// PGlite's live queries, which run again when a table of theirs has changed.
import { PGlite } from "@electric-sql/pglite";
import { live as liveQueries } from "@electric-sql/pglite/live";

const tables = `
  create table posts (id text primary key, owner text not null, rank integer not null, body text not null);
  create index on posts (rank);
  create index on posts (owner, rank);`;

function query({ owner, atLeast }) {
  if (owner !== undefined) return ["select * from posts where owner = $1 order by rank", [owner]];
  if (atLeast !== undefined) return ["select * from posts where rank >= $1 order by rank", [atLeast]];
  return ["select * from posts order by rank", []];
}

async function openStore() {
  const db = await PGlite.create({ extensions: { live: liveQueries } });
  await db.exec(tables);
  const insert = (rows) => {
    const columns = ["id", "owner", "rank", "body"].map((name) => rows.map((row) => row[name]));
    const sql = "insert into posts select * from unnest($1::text[], $2::text[], $3::integer[], $4::text[])";
    return db.query(sql, columns);
  };
  const lists = new Set();
  /** A list is let go before the database closes, which would otherwise run its query again. */
  const opened = (live, rows) => {
    const list = {
      rows,
      async close() {
        lists.delete(list);
        await live.unsubscribe();
      },
    };
    lists.add(list);
    return list;
  };
  const store = {
    name: "PGlite `live.query`",
    promises: {
      durability: "in memory",
      processes: "one",
      resume: "no",
      transactions: "SQL, one after another",
      event: "the whole result",
      sharing: "by hand: one live query",
    },
    async load(rows) {
      for (let i = 0; i < rows.length; i += 1000) await insert(rows.slice(i, i + 1000));
      await db.exec("analyze posts");
    },
    async watch(ask, listeners) {
      const [sql, params] = query(ask);
      const live = await db.live.query(sql, params);
      let shown = live.initialResults.rows;
      live.subscribe((result) => {
        shown = result.rows;
      });
      const rows = () => shown;
      for (const listener of listeners) live.subscribe(() => listener(rows));
      return opened(live, rows);
    },
    rename: ({ id }, body) => db.query("update posts set body = $1 where id = $2", [body, id]),
    insert,
    increment: (id, attempted) =>
      db.transaction(async (tx) => {
        attempted();
        const { rows } = await tx.query("select rank from posts where id = $1", [id]);
        await tx.query("update posts set rank = $1 where id = $2", [rows[0].rank + 1, id]);
      }),
    async close() {
      for (const list of lists) await list.close();
      await db.close();
    },
  };
  return { db, store, opened };
}

export const open = async () => (await openStore()).store;

/** The same with `live.changes`, which tells what changed. */
export async function openChanges() {
  const { db, store, opened } = await openStore();
  return {
    ...store,
    name: "PGlite `live.changes`",
    async watch(ask, listeners) {
      const live = await db.live.changes(...query(ask), "id");
      const byId = new Map();
      const apply = (changes) => {
        for (const { __op__: op, __after__, __changed_columns__: columns, ...row } of changes) {
          if (op === "DELETE") byId.delete(row.id);
          else if (op === "INSERT") byId.set(row.id, row);
          else for (const name of columns) if (name in row) byId.get(row.id)[name] = row[name];
        }
      };
      apply(live.initialChanges);
      live.subscribe(apply);
      const rows = () => [...byId.values()].sort((a, b) => a.rank - b.rank);
      for (const listener of listeners) live.subscribe(() => listener(rows));
      return opened(live, rows);
    },
  };
}
