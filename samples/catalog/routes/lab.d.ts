import { Hono } from "hono";
import type { Lab } from "../lab/lab.js";
import type { Tabs } from "../web/tabs.js";
/** `/lab`, its stream, and its buttons. */
export declare function labRoutes(lab: Lab, tabs: Tabs): Hono;
