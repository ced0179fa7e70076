import { Hono } from "hono";
/** The nearest folder above this file that holds a `package.json`. */
export declare function packageRoot(): string;
/** Serves `/assets/NAME`. */
export declare function assetRoutes(): Hono;
