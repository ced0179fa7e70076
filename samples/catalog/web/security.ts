import type { Context, MiddlewareHandler } from "hono";
import { RefusedRequest } from "./refusal.js";

const headers: Readonly<Record<string, string>> = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
};

/** Headers of every answer: only files of this server may run or be shown, and nobody may frame the pages. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
};

/**
 * Refuses a request that writes unless a page of this server sent it.
 *
 * Browsers say so in `Sec-Fetch-Site` and in `Origin`, and a foreign page can forge neither. Whichever of the two is
 * there must agree; a request with neither is refused as well.
 */
export const sameOrigin: MiddlewareHandler = async (c, next) => {
  if (!["GET", "HEAD"].includes(c.req.method) && !isSameOrigin(c)) {
    throw new RefusedRequest(
      403,
      "This form was sent from another site, so nothing was saved. Open the page here and send it again.",
    );
  }
  await next();
};

function isSameOrigin(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  const origin = c.req.header("origin");
  if (site === undefined && origin === undefined) return false;
  if (site !== undefined && site !== "same-origin") return false;
  return origin === undefined || hostOf(origin) === (c.req.header("host") ?? new URL(c.req.url).host);
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
