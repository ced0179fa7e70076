import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Lab } from "./lab/lab.js";
import { sendError } from "./pages/answer.js";
import { adminRoutes } from "./routes/admin.js";
import { catalogRoutes } from "./routes/catalog.js";
import { healthRoutes } from "./routes/health.js";
import { labRoutes } from "./routes/lab.js";
import type { Shop } from "./shop.js";
import { assetRoutes } from "./web/assets.js";
import { RefusedRequest } from "./web/refusal.js";
import { sameOrigin, securityHeaders } from "./web/security.js";
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

const largestForm = 64 * 1024;

export function createApp(shop: Shop): App {
  const lab = new Lab(shop);
  const tabs = new Tabs();
  const hono = new Hono()
    .use(securityHeaders, sameOrigin)
    .use(bodyLimit({ maxSize: largestForm, onError: refuseSize }))
    .route("/", assetRoutes())
    .route("/", healthRoutes(shop))
    .route("/", catalogRoutes(shop, tabs))
    .route("/", adminRoutes(shop, tabs))
    .route("/", labRoutes(lab, tabs))
    .notFound((c) => sendError(c, new RefusedRequest(404, "There is no page at this address.")))
    .onError((error, c) => sendError(c, error));
  return {
    fetch: hono.fetch,
    request: hono.request,
    lab,
    tabs,
    async close() {
      tabs.close();
      await lab.close();
    },
  };
}

function refuseSize(): never {
  throw new RefusedRequest(413, "This form holds more than 64 kB, so nothing was saved.");
}
