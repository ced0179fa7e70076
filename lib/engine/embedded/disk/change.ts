/** A key and the value that the data file is to hold under it from now on; `undefined` clears the key. */

import type { Key } from "../../keys/index.js";

export type Change = readonly [key: Key, value: Buffer | undefined];
