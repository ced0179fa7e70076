import type { Shop } from "../shop.js";
import type { Tab } from "../web/tabs.js";
/**
 * Keeps a catalog page up to date: one subscription whose labels move together.
 *
 * Choosing another product changes two of its parameters; the list of products goes on undisturbed. An id without a
 * product, such as the empty one, shows none, until a product with that id appears.
 */
export declare function serveCatalog({ sync, tenant }: Shop, tab: Tab, chosen: string): Promise<void>;
