import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type Html } from "../web/html.js";
/** True when the page's own script sent the form and will put the answer where it belongs. */
export declare const wantsFragment: (c: Context) => boolean;
export declare function send(c: Context, body: Html, status?: ContentfulStatusCode): Response;
/** Answers a form that worked: with fragments to the page's script, else by leading back to `path`. */
export declare function done(c: Context, path: string, fragments: Html): Response;
/** Says what is wrong, to a person, whatever was thrown. */
export declare function sendError(c: Context, error: unknown): Response;
