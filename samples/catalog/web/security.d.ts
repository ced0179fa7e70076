import type { MiddlewareHandler } from "hono";
/** Headers of every answer: only files of this server may run or be shown, and nobody may frame the pages. */
export declare const securityHeaders: MiddlewareHandler;
/**
 * Refuses a request that writes unless a page of this server sent it.
 *
 * Browsers say so in `Sec-Fetch-Site` and in `Origin`, and a foreign page can forge neither. Whichever of the two is
 * there must agree; a request with neither is refused as well.
 */
export declare const sameOrigin: MiddlewareHandler;
