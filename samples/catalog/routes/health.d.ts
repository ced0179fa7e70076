import { Hono } from "hono";
import type { Shop } from "../shop.js";
/** `/healthz`: 200 while the store answers a read, else 503. */
export declare function healthRoutes({ repo, tenant }: Shop): Hono;
