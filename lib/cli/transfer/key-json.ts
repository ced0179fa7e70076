/** Writes the items of a record's key as JSON that loses nothing, and reads them back. */

import { ImportError, TupleError } from "../../errors.js";
import { pack, type TupleItem, TupleUuid, unpack, uuid, Versionstamp } from "../../tuple/index.js";
import { bytesOf, type JsonValue } from "./value-json.js";

/**
 * An item of a record's key as JSON. Beside the forms of values there are `{"$uuid": text}`,
 * `{"$versionstamp": 24 hexadecimal digits}`, and `{"$packed": base64}` of the packed item for what has no plain form
 * (floats of a fixed width).
 */
export function keyItemToJson(item: TupleItem): JsonValue {
  if (item === null || typeof item === "boolean" || typeof item === "string") return item;
  if (typeof item === "bigint") return { $bigint: item.toString() };
  if (typeof item === "number") {
    return Number.isFinite(item) && !Object.is(item, -0) ? item : packed(item);
  }
  if (item instanceof Uint8Array) return { $bytes: Buffer.from(item).toString("base64") };
  if (item instanceof Versionstamp) return { $versionstamp: item.toString() };
  if (item instanceof TupleUuid) return { $uuid: item.toString() };
  if (Array.isArray(item)) return item.map((part) => keyItemToJson(part as TupleItem));
  return packed(item);
}

const packed = (item: TupleItem): JsonValue => ({ $packed: Buffer.from(pack([item])).toString("base64") });

/** The item of {@link keyItemToJson}. Throws `ImportError`. */
export function keyItemFromJson(json: JsonValue): TupleItem {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((part) => keyItemFromJson(part as JsonValue));
  const [name, text] = Object.entries(json)[0] ?? ["", undefined];
  if (Object.keys(json).length === 1 && typeof text === "string") {
    try {
      const item = readers[name]?.(text);
      if (item !== undefined) return item;
    } catch (error) {
      if (!(error instanceof TupleError) && !(error instanceof SyntaxError)) throw error;
    }
  }
  throw new ImportError(`${JSON.stringify(json).slice(0, 80)} is no key item of this format.`);
}

const readers: Readonly<Record<string, ((text: string) => TupleItem | undefined) | undefined>> = {
  $bigint: (text) => BigInt(text),
  $bytes: bytesOf,
  $versionstamp: (text) => Versionstamp.fromString(text),
  $uuid: (text) => uuid(text),
  $packed: (text) => unpack(bytesOf(text))[0],
};
