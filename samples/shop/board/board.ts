import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Context, Hono } from "hono";
import type { Env } from "../routes/request.js";

const headers = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
} as const;

/** The folder of the sources, wherever the compiled code stands. */
function sources(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return join(folder, "samples/shop/board");
}

/** The page's program and React in one file; made once, when the first browser asks. */
let bundle: Promise<string> | undefined;
function script(): Promise<string> {
  bundle ??= build({
    entryPoints: [join(sources(), "page.jsx")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    minify: true,
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "silent",
  }).then(({ outputFiles }) => outputFiles[0]!.text);
  return bundle;
}

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Open orders</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/board.css">
<script type="module" src="/board.js"></script>
</head>
<body>
<main id="board"><h1>Open orders</h1></main>
</body>
</html>
`;

/** The board of a shop's staff, one page for all shops: it asks for a token, and shows what that may see. */
export function boardRoutes(): Hono<Env> {
  const send = (c: Context, type: string, body: string) =>
    c.body(body, 200, { ...headers, "Content-Type": `${type}; charset=utf-8`, "Cache-Control": "no-cache" });
  return new Hono<Env>()
    .get("/board", (c) => send(c, "text/html", page))
    .get("/board.css", (c) => send(c, "text/css", readFileSync(join(sources(), "board.css"), "utf8")))
    .get("/board.js", async (c) => send(c, "text/javascript", await script()));
}
