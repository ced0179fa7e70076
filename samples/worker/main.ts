import { createInterface } from "node:readline/promises";
import { Repo, Sync, Tenant } from "plinth";
import { Article, Search } from "./article.js";
import { keepSearchable, search } from "./search.js";

const repo = new Repo({
  url: "embedded:.plinth/worker",
  storageId: "plinth-worker",
  migrations: [[1, Search]],
});
const tenant = await Tenant.openOrCreate(repo, "main");
const sync = new Sync(repo);
const stop = new AbortController();
const working = keepSearchable(sync, tenant, stop.signal);

console.log("+ TITLE: TEXT writes an article, anything else is searched for. Ctrl-C ends the worker.");
const input = createInterface({ input: process.stdin });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => input.close());
for await (const line of input) {
  const [, title, body] = /^\+\s*([^:]+):\s*(.*)$/.exec(line) ?? [];
  if (title !== undefined && body !== undefined) {
    await repo.insert(Article, { title, body }, { tenant });
    continue;
  }
  const articles = await search(repo, tenant, line);
  console.log(
    articles.length === 0 ? "Nothing." : articles.map((article) => `- ${article.title}`).join("\n"),
  );
}
stop.abort();
await working;
await sync.close();
await repo.close();
