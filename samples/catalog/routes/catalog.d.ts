import { Hono } from "hono";
import type { Shop } from "../shop.js";
import type { Tabs } from "../web/tabs.js";
/** `/`, its stream, and the request to show another product on it. */
export declare function catalogRoutes(shop: Shop, tabs: Tabs): Hono;
