/** Turns a name in any of the usual spellings into those of classes, properties, files and sources. */

import { UsageError } from "../../errors.js";

/** The words of a name in any of the usual spellings: `addOrders`, `add-orders`, `Add Orders`, `add_orders`. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `OrderLine`. Throws `UsageError` for what is no name of a class. */
export function className(name: string): string {
  const result = wordsOf(name).map(capital).join("");
  if (/^\p{L}[\p{L}\d]*$/u.test(result)) return result;
  throw new UsageError(`"${name}" gives no class name; start it with a letter, for example OrderLine.`);
}

/** `orderLine`. */
export function propertyName(name: string): string {
  const upper = className(name);
  return upper.charAt(0).toLowerCase() + upper.slice(1);
}

/** `order-line`. */
export const fileName = (name: string): string => wordsOf(name).join("-");

/** `order_line`. */
export const snakeName = (name: string): string => wordsOf(name).join("_");

/** The English plural, good enough for the name of a source that one can edit: `orders`, `categories`, `boxes`. */
export function pluralOf(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  return `${word}s`;
}
