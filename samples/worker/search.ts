import { from, type Repo, type Sync, type Tenant } from "plinth";
import { Article, Word } from "./article.js";
import { wordsOf } from "./words.js";

/**
 * Keeps the search table as the articles are, until the signal is aborted. The table and the consumer's place in the log
 * are one commit, so a worker that is killed neither misses a change nor applies it twice.
 */
export function keepSearchable(sync: Sync, tenant: Tenant, signal?: AbortSignal): Promise<void> {
  return sync.consume(
    tenant,
    "search",
    { articles: sync.all(Article) },
    async (batch, tx) => {
      // Changes are missing: what was written for articles that are gone by now has to go too.
      if (batch.reason === "cursor-expired") await forgetLost(tx);
      const ids = new Set(batch.changes.articles.map(({ key }) => String(key)));
      await Promise.all(Array.from(ids, (id) => indexOne(tx, id)));
    },
    signal === undefined ? {} : { signal },
  );
}

/** Writes what differs between the words of an article as it is now and those in the table. */
async function indexOne(tx: Repo, articleId: string): Promise<void> {
  const [article, indexed] = await Promise.all([
    tx.get(Article, articleId),
    tx.all(from(Word).where({ articleId })),
  ]);
  const wanted = article === null ? new Set<string>() : wordsOf(`${article.title} ${article.body}`);
  const there = new Set(indexed.map(({ word }) => word));
  for (const row of indexed) if (!wanted.has(row.word)) await tx.delete(row);
  for (const word of wanted) if (!there.has(word)) await tx.insert(Word, { word, articleId });
}

async function forgetLost(tx: Repo): Promise<void> {
  for (const row of await tx.all(from(Word).scan())) {
    if ((await tx.get(Article, row.articleId)) === null) await tx.delete(row);
  }
}

/** The articles that have all words of a search, the last of which may be unfinished; by title. */
export function search(repo: Repo, tenant: Tenant, text: string): Promise<readonly Article[]> {
  return repo.transactional(tenant, async () => {
    const words = [...wordsOf(text)];
    if (words.length === 0) return [];
    const found = await Promise.all(
      words.map((word, at) =>
        repo.all(
          from(Word)
            .where({ word: at === words.length - 1 ? { startsWith: word } : word })
            .select("articleId"),
        ),
      ),
    );
    const [first = [], ...others] = found.map((ids) => new Set(ids));
    const ids = [...first].filter((id) => others.every((other) => other.has(id)));
    const articles = await Promise.all(ids.map((id) => repo.get(Article, id)));
    return articles
      .filter((article) => article !== null)
      .sort((a, b) => (a.title < b.title ? -1 : a.title > b.title ? 1 : 0));
  });
}
