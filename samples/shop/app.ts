import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { answerError, refuse } from "./answers.js";
import { boardRoutes } from "./board/board.js";
import { liveHandler } from "./live.js";
import { itemRoutes } from "./routes/items.js";
import { orderRoutes } from "./routes/orders.js";
import { callerOf, type Env } from "./routes/request.js";
import type { Shops } from "./shops.js";

const largestBody = 16 * 1024;

/** The service as a function from requests to answers. */
export function createApp(shops: Shops, secret: string): Hono<Env> {
  const live = liveHandler(shops, secret);
  return new Hono<Env>()
    .onError((error, c) => answerError(c, error))
    .notFound((c) => c.json({ code: "no_route", message: "There is nothing at this address." }, 404))
    .use(bodyLimit({ maxSize: largestBody, onError: () => tooLarge() }))
    .get("/healthz", (c) => c.json({ status: "ok" }))
    .route("/", boardRoutes())
    .all("/:shop/live", (c) => live(c.req.raw))
    .use("/:shop/*", async (c, next) => {
      c.set("caller", await callerOf(shops, secret, c.req.raw, c.req.param("shop")));
      await next();
    })
    .route("/:shop/items", itemRoutes(shops))
    .route("/:shop/orders", orderRoutes(shops));
}

function tooLarge(): never {
  throw refuse(413, "too_large", "The body of a request is 16 kB at most.");
}
