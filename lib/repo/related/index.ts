export { copyRecord } from "./copy-record.js";
export { heldBy, heldByAny, shownKey, textOfKey } from "./held-by.js";
export { type Holder, holderOf } from "./holder-of.js";
export { keyOfId } from "./key-of-id.js";
export { keyText } from "./key-text.js";
export { type Preloading, preloadInto } from "./preload-into.js";
export { requireReferenced, requireUnique } from "./require-referenced.js";
export { rowsByOwner } from "./rows-by-owner.js";
