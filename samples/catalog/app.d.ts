import { Hono } from "hono";
import { Lab } from "./lab/lab.js";
import type { Shop } from "./shop.js";
import { Tabs } from "./web/tabs.js";
/** The sample as a function from requests to answers; `close` ends its streams and its experiments. */
export interface App {
    readonly fetch: Hono["fetch"];
    /** Answers without a network: `await app.request("/admin")`. */
    readonly request: Hono["request"];
    readonly lab: Lab;
    readonly tabs: Tabs;
    close(): Promise<void>;
}
export declare function createApp(shop: Shop): App;
