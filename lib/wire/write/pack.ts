/** Packs values into JSON and a tag, by looking at whole columns: what all rows have in common is said once. */

import type { Packed, Tag } from "../read/index.js";
import { dateJson } from "./date-json.js";

/** Text or truth, number, number without JSON, big integer, date, bytes, list, object. */
type Kind = "s" | "i" | "f" | "n" | "d" | "b" | "a" | "o";
type Fields = Readonly<Record<string, unknown>>;

const nameOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

/** Whether an object's own `toJSON` is passed over: it would lose what a tag keeps. */
export type KeepsOwn = (value: object) => boolean;
const none: KeepsOwn = () => false;

/**
 * What is sent of an object: what its `toJSON` gives, as JSON does; dates, bytes and others as they are.
 *
 * @throws TypeError for functions, symbols, maps and other things that are no data
 */
export function dataOf(value: unknown, keepsOwn: KeepsOwn = none): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw notData(typeof value);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const name = nameOf(value);
  if (name === "Date" || name === "Uint8Array") return value;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function" && !keepsOwn(value)) return dataOf(toJSON.call(value), keepsOwn);
  if (name !== "Object") throw notData(name);
  return value;
}

const notData = (what: string): TypeError =>
  new TypeError(
    `A ${what} cannot be sent to a browser. Usual cause: the load of a custom type makes one; ` +
      "give its class a toJSON, or leave the field out with select([…]).",
  );

function kindOf(value: unknown): Kind {
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? "i" : "f";
  if (typeof value === "bigint") return "n";
  if (typeof value !== "object") return "s";
  if (Array.isArray(value)) return "a";
  const name = nameOf(value as object);
  return name === "Date" ? "d" : name === "Uint8Array" ? "b" : "o";
}

/** Packs one value; made for one use. */
class Packer {
  constructor(private readonly keepsOwn: KeepsOwn) {}

  readonly #data = (value: unknown): unknown => dataOf(value, this.keepsOwn);

  /** The tag that fits all values of a column; undefined where they are all plain JSON. */
  tagOf(column: readonly unknown[]): Tag | undefined {
    const kinds = new Set<Kind>();
    const lists: unknown[] = [];
    const fields = new Map<string, unknown[]>();
    for (const value of column) {
      if (value === null || value === undefined) continue;
      const data = this.#data(value);
      if (data === null || data === undefined) continue;
      const kind = kindOf(data);
      kinds.add(kind);
      if (kind === "a") for (const item of data as readonly unknown[]) lists.push(item);
      if (kind !== "o") continue;
      for (const [name, part] of Object.entries(data as Fields)) {
        const known = fields.get(name);
        if (known === undefined) fields.set(name, [part]);
        else known.push(part);
      }
    }
    if (kinds.has("f")) kinds.delete("i");
    const tags = Array.from(kinds, (kind) => this.#tagOfKind(kind, lists, fields));
    const told = tags.filter((tag) => tag !== undefined);
    if (told.length === 0) return undefined;
    return tags.length === 1 ? told[0] : "*";
  }

  #tagOfKind(kind: Kind, items: readonly unknown[], fields: ReadonlyMap<string, unknown[]>): Tag | undefined {
    if (kind === "s" || kind === "i") return undefined;
    if (kind === "a") {
      const tag = this.tagOf(items);
      return tag === undefined ? undefined : [tag];
    }
    if (kind !== "o") return kind;
    const tagged: [string, Tag][] = [];
    for (const [name, column] of fields) {
      const tag = this.tagOf(column);
      if (tag !== undefined) tagged.push([name, tag]);
    }
    return tagged.length === 0 ? undefined : Object.fromEntries(tagged);
  }

  /** A value as JSON. What is plain stays the object that it is. */
  json(value: unknown, tag: Tag | undefined): unknown {
    if (tag === undefined || value === null || value === undefined) return value;
    const data = this.#data(value);
    if (data === null || data === undefined) return null;
    if (tag === "*") {
      const own = this.tagOf([data]);
      return own === undefined ? [data] : [this.json(data, own), own];
    }
    if (tag === "n") return String(data);
    if (tag === "f") return kindOf(data) === "i" ? data : Object.is(data, -0) ? "-0" : String(data);
    if (tag === "d") return dateJson(data as Date);
    if (tag === "b") return base64(data as Uint8Array);
    if (Array.isArray(tag)) return (data as unknown[]).map((item) => this.json(item, tag[0]));
    // Entries, because a field may be called __proto__.
    return Object.fromEntries(
      Object.entries(data as Fields).map(([name, part]) => [name, this.json(part, fieldTag(tag, name))]),
    );
  }
}

const fieldTag = (tag: Tag, name: string): Tag | undefined =>
  Object.hasOwn(tag as object, name) ? (tag as { readonly [field: string]: Tag })[name] : undefined;

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");

/**
 * Packs a value of plain data, records, dates, big integers and bytes.
 *
 * @throws TypeError for what is no data, such as a Map
 * @example JSON.stringify(pack([{ at: new Date(5) }])); // {"json":[{"at":5}],"tag":[{"at":"d"}]}
 */
export function pack(value: unknown, keepsOwn: KeepsOwn = none): Packed {
  const packer = new Packer(keepsOwn);
  const tag = packer.tagOf([value]);
  return { json: packer.json(value, tag), tag };
}
