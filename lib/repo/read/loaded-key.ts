/** Gives the key of a stored record, and refuses one whose key was changed in place: it would name another row. */

import { PrimaryKeyChangeError } from "../../errors.js";
import { layoutOf } from "../../layer/index.js";
import { loadedKeyOf, type SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { keyText } from "../related/index.js";

/** @throws PrimaryKeyChangeError */
export function keyOfLoaded(info: SchemaInfo, record: object): TupleItem[] {
  const layout = layoutOf(info);
  const key = layout.keyOf(record);
  const loaded = loadedKeyOf(record) as readonly TupleItem[] | undefined;
  if (loaded === undefined || key.every((item, i) => item === loaded[i])) return key;
  if (keyText(key) === keyText(loaded)) return key;
  throw new PrimaryKeyChangeError(
    `This ${info.name} was stored under the key ${loaded.map(String).join(", ")}, and its ` +
      `${layout.keyFields.map(({ name }) => name).join(" or ")} was set to make it ${key.map(String).join(", ")}: it would be taken for ` +
      "another row. Keys are not changed in place; delete the record and insert one with the new key, in one transaction.",
  );
}
