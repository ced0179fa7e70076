import { Hono } from "hono";
import type { Shop } from "../shop.js";
import type { Tabs } from "../web/tabs.js";
/** `/admin`, its stream, and its forms. */
export declare function adminRoutes(shop: Shop, tabs: Tabs): Hono;
