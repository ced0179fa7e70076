/** Recognises what another copy of Plinth in the same process has made, so that its maker is named and not its user blamed. */

import { TwoCopiesError } from "./errors.js";

/** Shared by all copies; its value is the list of those that had a hand in something. */
const MARK = Symbol.for("plinth.copies");

/** This copy, known by identity; `place` is undefined in bundles without module addresses. */
const here: { readonly place: string | undefined } = Object.freeze({ place: import.meta.url });

type Copy = typeof here;

/** Marks a class or prototype as this copy's work; what derives from it inherits the mark. */
export function markCopy(made: object): void {
  const copies = copiesOf(Object.hasOwn(made, MARK) ? made : null);
  if (!copies.includes(here))
    Object.defineProperty(made, MARK, { value: Object.freeze([...copies, here]), configurable: true });
}

function copiesOf(value: unknown): readonly Copy[] {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return [];
  const copies = (value as { readonly [MARK]?: unknown })[MARK];
  return Array.isArray(copies) ? copies : [];
}

/**
 * Refuses a value that another copy of Plinth made; others pass.
 *
 * @param what how the message names the value, as "The query"
 * @throws TwoCopiesError
 */
export function refuseOtherCopy(value: unknown, what: string): void {
  const other = copiesOf(value).find((copy) => copy !== here);
  if (other === undefined) return;
  throw new TwoCopiesError(
    `${what} was made by another copy of plinth than the one that is asked: two copies are at work in this program` +
      `${places(other)}. They do not know each other's classes, whatever their versions. Usual causes: two versions in ` +
      "node_modules (npm ls plinth shows them; npm dedupe), npm link, a bundle that holds one copy and imports another " +
      "(leave plinth external), or a module cache that was cleared while developing.",
  );
}

const places = (other: Copy): string =>
  other.place === undefined || here.place === undefined || other.place === here.place
    ? ""
    : ` (${rootOf(other.place)} and ${rootOf(here.place)})`;

/** The folder of a copy, without the file in it. */
const rootOf = (place: string): string => place.replace(/\/(dist\/)?lib\/copies\.[jt]s$/, "");
