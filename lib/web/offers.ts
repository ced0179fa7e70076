/** The queries that a handler offers to browsers, and those of them that a browser asks for. */

import { InvalidParamsError, InvalidRequestError, PlinthError, UnknownQueryError } from "../errors.js";
import { isLive, type Live, type Queries } from "../sync/live/index.js";
import type { AskedLabels } from "../wire/read/index.js";

type AnyLive = Live<unknown, unknown>;

/** A live query that every connection shows, or a function that makes one of the parameters that a browser sends. */
export type Offer = AnyLive | ((params: never) => AnyLive);

/** What a handler offers, by label. Functions get what a browser sent: any JSON, so they check it. */
export type Offers = { readonly [label: string]: Offer };

/** Those that need no parameters. */
export function standing(offers: Offers): Queries {
  const entries = Object.entries(offers).filter(([, offer]) => typeof offer !== "function");
  return Object.fromEntries(entries) as Queries;
}

/** @throws UnknownQueryError, InvalidParamsError, and what the query itself refuses */
export function liveOf(offers: Offers, query: unknown, params: unknown): AnyLive {
  if (typeof query !== "string" || !Object.hasOwn(offers, query)) {
    throw new UnknownQueryError(
      `There is no query ${JSON.stringify(query)}. Usual cause: page and server are of two releases.`,
    );
  }
  const offer = offers[query] as AnyLive | ((params: unknown) => AnyLive);
  if (typeof offer !== "function") return offer;
  const live = made(offer, query, params);
  if (isLive(live)) return live;
  throw new TypeError(
    `The function of the query ${JSON.stringify(query)} returned no live query. Return one: ` +
      "({ productId }) => sync.allBy(Review, { productId }).",
  );
}

function made(offer: (params: unknown) => AnyLive, query: string, params: unknown): AnyLive {
  try {
    return offer(params);
  } catch (cause) {
    if (cause instanceof PlinthError) throw cause;
    throw new InvalidParamsError(
      `The query ${JSON.stringify(query)} refused its parameters. Usual cause: the page sends others than the ` +
        "function of the query takes.",
      { cause },
    );
  }
}

/** @throws InvalidRequestError for what names no labels, and as {@link liveOf} */
export function livesOf(offers: Offers, labels: AskedLabels): Queries {
  if (typeof labels !== "object" || labels === null) throw noLabels();
  return Object.fromEntries(
    Object.entries(labels).map(([label, asked]) => {
      if (!Array.isArray(asked)) throw noLabels();
      return [label, liveOf(offers, asked[0], asked[1])];
    }),
  );
}

const noLabels = (): InvalidRequestError =>
  new InvalidRequestError('The labels of a subscription are { "label": ["query", params] }.');
