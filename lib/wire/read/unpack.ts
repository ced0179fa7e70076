/** Reads what `pack` wrote; uses nothing but the web platform. */

import type { Tag } from "./tag.js";

type Fields = Record<string, unknown>;

/** Sets an own field, whatever its name. */
export function put(fields: object, name: string, value: unknown): void {
  Object.defineProperty(fields, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The value that was packed. Changes `json`, which nobody else may hold. */
export function unpack(json: unknown, tag: Tag | undefined): unknown {
  if (tag === undefined || json === null || json === undefined) return json;
  if (tag === "*") return unpack((json as unknown[])[0], (json as [unknown, Tag?])[1]);
  if (tag === "n") return BigInt(json as string);
  if (tag === "f") return Number(json);
  if (tag === "d") return new Date(json as number);
  if (tag === "b") return Uint8Array.from(atob(json as string), (letter) => letter.charCodeAt(0));
  if (Array.isArray(tag)) return (json as unknown[]).map((item) => unpack(item, tag[0]));
  for (const [name, part] of Object.entries(tag)) {
    if (Object.hasOwn(json as Fields, name)) put(json as Fields, name, unpack((json as Fields)[name], part));
  }
  return json;
}
