import { pack, type TupleItem } from "../../tuple/index.js";

/** Key items as text, for maps: equal for equal keys. */
export const keyText = (items: readonly TupleItem[]): string => Buffer.from(pack(items)).toString("latin1");
