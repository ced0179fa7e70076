export { copyRecord } from "./copy-record.js";
export { type Holder, holderOf } from "./holder-of.js";
export { keyOfId } from "./key-of-id.js";
export { keyText } from "./key-text.js";
export { type Preloading, preloadInto } from "./preload-into.js";
export { rowsByOwner } from "./rows-by-owner.js";
