/** What one request may watch, as the application says; what it says and nobody would keep to is refused. */

import { InvalidOptionsError } from "../errors.js";
import type { Authorize, SubscribeOptions } from "../sync/index.js";
import type { Tenant } from "../tenant/index.js";
import type { Offers } from "./offers.js";

/** What one request may watch: all that `sync.subscribe` takes of it, and nothing else. */
export interface Watched<Q extends Offers = Offers> {
  /** Whose data. */
  readonly tenant: Tenant;
  /** Live queries that are shown from the beginning, and functions that make others of what a browser sends. */
  readonly queries: Q;
  /** Who may see what; see `sync.subscribe`. Default: everything is shown; one that is there and undefined is refused. */
  readonly authorize?: Authorize;
  /** How slow readers are treated; see `sync.subscribe`. Default `"conflate"`. */
  readonly delivery?: NonNullable<SubscribeOptions["delivery"]>;
}

/** What a `watch` answers: what may be watched, or a refusal that is sent as it is. */
export type Answer = Watched | Response;

/** `never` for keys that `watch` may not return: the compiler looks at those of functions only when told to. */
export type NothingElse<A> =
  A extends Promise<infer P>
    ? Promise<NothingElse<P>>
    : A extends Response
      ? A
      : A & { readonly [K in Exclude<keyof A, keyof Watched>]: never };

const names: readonly string[] = ["tenant", "queries", "authorize", "delivery"];

/** @throws InvalidOptionsError for what is no object, has unknown keys, or lacks a tenant or queries */
export function checkWatched(watched: Watched): Watched {
  if (typeof watched !== "object" || watched === null) {
    throw new InvalidOptionsError(
      `The watch of a syncHandler returned ${watched === null ? "null" : typeof watched}. Return what the request ` +
        "may watch, { tenant, queries }, or a Response that refuses it.",
    );
  }
  const unknown = Object.keys(watched).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new InvalidOptionsError(
      `The watch of a syncHandler returned ${unknown.map((name) => JSON.stringify(name)).join(", ")}, which nobody ` +
        `would keep to; there are ${names.join(", ")}.`,
    );
  }
  for (const name of ["tenant", "queries"] as const) {
    if (typeof watched[name] === "object" && watched[name] !== null) continue;
    throw new InvalidOptionsError(
      `The watch of a syncHandler returned no ${name}. Return { tenant, queries: { label: sync.all(S) } }.`,
    );
  }
  // Undefined is as good as absent, and undefined for subscribe is a rule that is missing by mistake.
  const { tenant, queries, authorize, delivery } = watched;
  for (const [name, value] of Object.entries({ authorize, delivery })) {
    if (value !== undefined || !(name in watched)) continue;
    throw new InvalidOptionsError(
      `The watch of a syncHandler returned ${name}: undefined. Leave it out, or give it a value.`,
    );
  }
  if (authorize !== undefined) checkAuthorize(authorize);
  return {
    tenant,
    queries,
    ...(authorize === undefined ? {} : { authorize }),
    ...(delivery === undefined ? {} : { delivery }),
  };
}

function checkAuthorize(authorize: Authorize): void {
  const unknown = Object.keys(authorize ?? {}).filter((name) => name !== "row" && name !== "watch");
  if (unknown.length === 0 && typeof authorize?.row === "function") return;
  throw new InvalidOptionsError(
    `The watch of a syncHandler returned an authorize ${unknown.length > 0 ? `with ${unknown.join(", ")}` : "without a function row"}. ` +
      "It is { row: (row, { label, rights }) => boolean, watch?: sync.one(…) }.",
  );
}
