/** Gives the items of a key as text, to find records in maps and sets by it. */

import { pack, type TupleItem } from "../../tuple/index.js";

/** Equal for equal keys. */
export const keyText = (items: readonly TupleItem[]): string => Buffer.from(pack(items)).toString("latin1");
