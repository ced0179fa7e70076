/** The limits of a handler, and who has used them up. */

import { ConnectionLimitError, InvalidOptionsError } from "../errors.js";

/** What one client may cost. */
export interface Limits {
  /** Number of connections that a client has at once; who is one client is what `client` says. Default no limit. */
  readonly connections?: number;
  /** Names the client of a request, such as its user or its address. Needed for `connections`; default: none. */
  readonly client?: (request: Request) => string;
  /** Number of subscriptions of one connection. Default 100. */
  readonly subscriptions?: number;
  /** Number of labels of one subscription that a browser asks for. Default 100. */
  readonly labels?: number;
  /** Bytes of one request that changes subscriptions. Default 65,536. */
  readonly requestBytes?: number;
}

export interface Allowance {
  readonly subscriptions: number;
  readonly labels: number;
  readonly requestBytes: number;
  /** Counts a connection; gives the function that takes it back. @throws ConnectionLimitError */
  enter(request: Request): () => void;
}

const names = ["connections", "client", "subscriptions", "labels", "requestBytes"];

/** @throws InvalidOptionsError */
export function allowanceOf(limits: Limits): Allowance {
  for (const [name, value] of Object.entries(limits)) {
    const fits =
      name === "client" ? typeof value === "function" : Number.isInteger(value) && Number(value) > 0;
    if (names.includes(name) && fits) continue;
    throw new InvalidOptionsError(
      `limits.${name} of a syncHandler is ${String(value)}. There are ${names.join(", ")}: numbers of at least 1, ` +
        "and client, a function of the request.",
    );
  }
  const { connections, client, subscriptions = 100, labels = 100, requestBytes = 65_536 } = limits;
  if ((connections === undefined) !== (client === undefined)) {
    throw new InvalidOptionsError(
      "limits.connections of a syncHandler is for each client, so it comes with limits.client: " +
        '{ connections: 20, client: (request) => request.headers.get("x-user")! }.',
    );
  }
  const open = new Map<string, number>();
  const enter = (request: Request) => {
    if (connections === undefined || client === undefined) return () => {};
    const name = client(request);
    const count = open.get(name) ?? 0;
    if (count >= connections) {
      throw new ConnectionLimitError(
        `This client has ${count} connections, as many as it may have. Usual cause: a page opens one for each ` +
          "component; share one, and show more with live.watch(query, params).",
      );
    }
    open.set(name, count + 1);
    return () => {
      const left = (open.get(name) ?? 1) - 1;
      if (left === 0) open.delete(name);
      else open.set(name, left);
    };
  };
  return { subscriptions, labels, requestBytes, enter };
}
