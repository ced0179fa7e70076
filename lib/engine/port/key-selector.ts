/** The four usual key selectors. */

import type { KeySelector } from "./engine.js";

/** The first key at or after `key`. */
export const firstGreaterOrEqual = (key: Uint8Array): KeySelector => ({ key, orEqual: false, offset: 1 });

/** The first key after `key`. */
export const firstGreaterThan = (key: Uint8Array): KeySelector => ({ key, orEqual: true, offset: 1 });

/** The last key before `key`. */
export const lastLessThan = (key: Uint8Array): KeySelector => ({ key, orEqual: false, offset: 0 });

/** The last key at or before `key`. */
export const lastLessOrEqual = (key: Uint8Array): KeySelector => ({ key, orEqual: true, offset: 0 });
