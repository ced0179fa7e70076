import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Hono } from "hono";

/** The files that the pages load, by name; read once, from the sources, wherever the compiled code stands. */
function loadAssets(): ReadonlyMap<string, { readonly type: string; readonly body: string }> {
  const folder = join(packageRoot(), "samples/catalog/public");
  const idiomorph = createRequire(import.meta.url).resolve("idiomorph/dist/idiomorph.esm.js");
  const asset = (type: string, path: string) => ({ type, body: readFileSync(path, "utf8") });
  return new Map([
    ["style.css", asset("text/css", join(folder, "style.css"))],
    ["icon.svg", asset("image/svg+xml", join(folder, "icon.svg"))],
    ["live.js", asset("text/javascript", join(folder, "live.js"))],
    ["fields.js", asset("text/javascript", join(folder, "fields.js"))],
    ["flash.js", asset("text/javascript", join(folder, "flash.js"))],
    ["focus.js", asset("text/javascript", join(folder, "focus.js"))],
    ["idiomorph.js", asset("text/javascript", idiomorph)],
  ]);
}

/** The nearest folder above this file that holds a `package.json`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** Serves `/assets/NAME`. */
export function assetRoutes(): Hono {
  const assets = loadAssets();
  return new Hono().get("/assets/:name", (c) => {
    const asset = assets.get(c.req.param("name"));
    if (!asset) return c.notFound();
    return c.body(asset.body, 200, {
      "Content-Type": `${asset.type}; charset=utf-8`,
      "Cache-Control": "no-cache",
    });
  });
}
