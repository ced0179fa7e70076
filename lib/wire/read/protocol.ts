/** What a browser asks of a server beside the stream: subscriptions that come, change and go over one connection. */

/** Labels of one subscription: the query that is offered, and its parameters, which are JSON. */
export type AskedLabels = Readonly<Record<string, readonly [query: string, params?: unknown]>>;

/** A subscription of a connection; the one without a name also has the queries that need no parameters. */
export interface AskedGroup {
  readonly group: string;
  readonly labels: AskedLabels;
  /** Where it goes on. */
  readonly cursor?: string;
}

/** Opens a stream of some subscriptions. */
export interface OpenRequest {
  readonly open: readonly AskedGroup[];
}

/** Changes an open stream: its answer is empty, what follows from it comes with the stream. */
export interface ChangeRequest {
  readonly connection: string;
  readonly add?: readonly AskedGroup[];
  readonly drop?: readonly string[];
  readonly set?: readonly [group: string, label: string, query: string, params?: unknown];
  readonly unset?: readonly [group: string, label: string];
  /** The subscription is to tell that it holds this version, as soon as it does. */
  readonly until?: readonly [group: string, version: string];
}

/** The beginning of a stream. */
export interface Hello {
  readonly connection: string;
  /** Something comes at least this often. */
  readonly heartbeatMs: number;
}

/** The end of one subscription of a stream, or of a request. */
export interface Fault {
  readonly group?: string;
  readonly code: string;
  readonly message: string;
  readonly status: number;
}
