import type { Shop } from "../shop.js";
import type { Tab } from "../web/tabs.js";
/**
 * Keeps an admin page up to date by dependent syncing: the list of ids is one live query, each product is its own.
 *
 * A saved product is one update of one row, so one card is sent; the list of ids does not even wake up.
 */
export declare function serveAdmin({ sync, tenant }: Shop, tab: Tab): Promise<void>;
