/** One row of each table; every contender stores these same values. */
export interface AuthorRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}

export interface PostRow {
  readonly id: string;
  readonly authorId: string;
  readonly topic: string;
  readonly title: string;
  readonly body: string;
  readonly score: number;
  readonly publishedAt: Date;
}

export interface CounterRow {
  readonly id: string;
  readonly value: number;
}

export interface Changes {
  readonly title: string;
  readonly score: number;
}

/** Survives a power cut once acknowledged, or may lose the last moments but never tears a transaction. */
export type Durability = "sync" | "relaxed";

/** An opened store with the tables `authors`, `posts` and `counters`, and the operations that are measured. */
export interface Store {
  readonly name: string;
  /** Whether the store has what the name of its lineup promises, read back from it where it can be. */
  readonly durability: string;
  load(
    authors: readonly AuthorRow[],
    posts: readonly PostRow[],
    counters: readonly CounterRow[],
  ): Promise<void>;
  insert(post: PostRow): Promise<unknown>;
  get(id: string): Promise<PostRow | null | undefined>;
  getByEmail(email: string): Promise<AuthorRow | null | undefined>;
  /** Changes a post that `get` has given. */
  update(held: PostRow, changes: Changes): Promise<unknown>;
  /** The posts of a topic in the order of publication. */
  topic(topic: string): Promise<readonly PostRow[]>;
  /** Posts in the order of the primary key. */
  scan(limit: number): Promise<readonly PostRow[]>;
  /** Authors in the order of the primary key, with the posts of each. */
  preload(limit: number): Promise<readonly (AuthorRow & { readonly posts: Iterable<PostRow> })[]>;
  /** Stores new posts in transactions of `batch` rows. */
  bulk(posts: readonly PostRow[], batch: number): Promise<unknown>;
  /** Reads a counter and stores its value plus one, in one transaction. */
  increment(id: string): Promise<unknown>;
  counter(id: string): Promise<number>;
  close(): Promise<unknown>;
}

/** What a peer's module exports. */
export interface Peer {
  open(folder: string, durability: Durability): Promise<Store>;
}
