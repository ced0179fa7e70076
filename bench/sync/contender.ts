/** One row; every contender stores these same values. */
export interface PostRow {
  readonly id: string;
  readonly owner: string;
  readonly rank: number;
  readonly body: string;
}

/** The rows of an owner, or those from a rank on; all without either. Always in the order of `rank`. */
export interface Ask {
  readonly owner?: string;
  readonly atLeast?: number;
}

/** The rows as they stand, when somebody looks. */
export type Rows = () => readonly PostRow[];

/** Called with every change that a live query shows. */
export type Listener = (rows: Rows) => void;

export interface LiveList {
  readonly rows: Rows;
  close(): Promise<unknown> | unknown;
}

/** What a store promises, as a row of the results. */
export interface Promises {
  readonly durability: string;
  readonly processes: string;
  readonly resume: string;
  readonly transactions: string;
  /** What an event carries. */
  readonly event: string;
  /** How many subscribers of one query share its evaluation. */
  readonly sharing: string;
}

/** An opened store of posts, with indexes on `rank` and on `owner` and `rank`, and its live queries. */
export interface LiveStore {
  readonly name: string;
  readonly promises: Promises;
  load(rows: readonly PostRow[]): Promise<unknown>;
  /** One live query with a subscriber for each listener; resolves when all have the first result. */
  watch(ask: Ask, listeners: readonly Listener[]): Promise<LiveList>;
  /** Changes a row that a live list has shown; resolves when the change is acknowledged. */
  rename(row: PostRow, body: string): Promise<unknown>;
  /** Stores new rows in one commit. */
  insert(rows: readonly PostRow[]): Promise<unknown>;
  /** Reads a row and stores its rank plus one; `attempted` is called each time that is tried. */
  increment(id: string, attempted: () => void): Promise<unknown>;
  /** Evaluations of live queries so far and watches held, where the store tells. */
  work?(): { readonly evaluations: number; readonly watches: number };
  close(): Promise<unknown>;
}

export type OpenStore = () => Promise<LiveStore>;

/** What a peer's module exports. */
export interface Peer {
  readonly open: OpenStore;
}
