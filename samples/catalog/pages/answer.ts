import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type Html, html } from "../web/html.js";
import { RefusedRequest } from "../web/refusal.js";
import { layout, notice } from "./layout.js";

/** True when the page's own script sent the form and will put the answer where it belongs. */
export const wantsFragment = (c: Context): boolean => c.req.header("x-fragment") === "true";

export function send(c: Context, body: Html, status: ContentfulStatusCode = 200): Response {
  c.header("Cache-Control", "no-store");
  c.header("Vary", "X-Fragment");
  return c.html(body.toString(), status) as Response;
}

/** Answers a form that worked: with fragments to the page's script, else by leading back to `path`. */
export function done(c: Context, path: string, fragments: Html): Response {
  return wantsFragment(c) ? send(c, fragments) : c.redirect(path, 303);
}

/** Says what is wrong, to a person, whatever was thrown. */
export function sendError(c: Context, error: unknown): Response {
  const refusal = error instanceof RefusedRequest ? error : null;
  if (refusal === null) console.error(error);
  const message =
    refusal?.message ?? "Something went wrong here. Nothing of this form was saved, as far as we know.";
  const lines = (refusal?.problems ?? []).map((problem) =>
    problem.field === null ? problem.message : `${problem.field} ${problem.message}.`,
  );
  const shown = notice("error", message, ...lines);
  const status = refusal?.status ?? 500;
  if (wantsFragment(c)) return send(c, shown, status);
  return send(
    c,
    layout({
      title: "Not done",
      path: null,
      live: null,
      notice: shown,
      content: html`<h1>Not done</h1>
<p><a href="/">To the catalog</a> · <a href="/admin">To the admin page</a></p>`,
    }),
    status,
  );
}
