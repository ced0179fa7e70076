/** Writes the keys of stored fields, names or tags, as names in JSON, and reads them back. */

import type { StoredKey } from "../../layer/index.js";

/**
 * The name of a stored field: a tag is written `#7`, a name that starts with `#` gets another one. A bare `7` would
 * move to the front of its JSON object, and the fields of a record keep their order.
 */
export function fieldToJson(field: StoredKey): string {
  return typeof field === "number" || field.startsWith("#") ? `#${field}` : field;
}

export function fieldFromJson(name: string): StoredKey {
  if (!name.startsWith("#")) return name;
  return /^#\d+$/.test(name) ? Number(name.slice(1)) : name.slice(1);
}
