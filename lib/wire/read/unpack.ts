/** Reads what `pack` wrote; uses nothing but the web platform. */

import type { Tag } from "./tag.js";

type Fields = Record<string, unknown>;

/** The value that was packed. */
export function unpack(json: unknown, tag: Tag | undefined): unknown {
  if (tag === undefined || json === null || json === undefined) return json;
  if (tag === "*") return unpack((json as unknown[])[0], (json as [unknown, Tag?])[1]);
  if (tag === "n") return BigInt(json as string);
  if (tag === "f") return Number(json);
  if (tag === "d") return new Date(json as number | string);
  if (tag === "b") return Uint8Array.from(atob(json as string), (letter) => letter.charCodeAt(0));
  if (Array.isArray(tag)) return (json as unknown[]).map((item) => unpack(item, tag[0]));
  const fields = json as Fields;
  const tagged = Object.entries(tag).filter(([name]) => Object.hasOwn(fields, name));
  // Spread, because a field may be called __proto__.
  return {
    ...fields,
    ...Object.fromEntries(tagged.map(([name, part]) => [name, unpack(fields[name], part)])),
  };
}
