import { Hono } from "hono";
import { type Cursor, change, from } from "plinth";
import { refuse, refuseFields } from "../answers.js";
import { Order } from "../schemas/order.js";
import type { Shops } from "../shops.js";
import { KeyReusedError, placeOrder } from "./place-order.js";
import { bodyOf, type Caller, type Env, pageOf, requireStaff } from "./request.js";

/** Orders: a customer sees and makes his own, staff sees all of them and ships. */
export function orderRoutes({ repo }: Shops): Hono<Env> {
  const visible = ({ user }: Caller, order: Order | null): order is Order =>
    order !== null && (user.role === "staff" || order.userId === user.id);
  // An order of somebody else's is answered as one that is not there.
  const notThere = () => refuse(404, "no_order", "There is no such order.");

  return new Hono<Env>()
    .get("/", async (c) => {
      const { tenant, user } = c.get("caller");
      const { limit, after } = pageOf(c);
      const own = from(Order).where({ userId: user.id }).orderBy({ insertedAt: "desc" });
      const query = user.role === "staff" ? from(Order).orderBy({ id: "desc" }) : own;
      return c.json(await repo.page(query, { limit, after: after as Cursor | null, tenant }));
    })
    .get("/:id", async (c) => {
      const caller = c.get("caller");
      const order = await repo.get(Order, c.req.param("id"), { tenant: caller.tenant });
      if (!visible(caller, order)) throw notThere();
      return c.json(order);
    })
    .post("/", async (c) => {
      const caller = c.get("caller");
      const key = c.req.header("idempotency-key");
      if (key !== undefined && !/^[\x21-\x7e]{1,200}$/.test(key)) {
        throw refuse(400, "invalid_key", "Idempotency-Key is 1 to 200 visible characters.");
      }
      const placed = await placeOrder(repo, caller, await bodyOf(c), key).catch((error: unknown) => {
        if (!(error instanceof KeyReusedError)) throw error;
        throw refuse(
          422,
          "key_reused",
          "This Idempotency-Key came with another body before; take a new one.",
        );
      });
      if ("errors" in placed) return refuseFields(c, placed.errors);
      return c.json(await repo.getOrThrow(Order, placed.order, { tenant: caller.tenant }), 201);
    })
    .post("/:id/ship", async (c) => {
      const caller = c.get("caller");
      requireStaff(caller);
      const id = c.req.param("id");
      const order = await repo.transactional(caller.tenant, async () => {
        const found = await repo.get(Order, id);
        if (found === null) throw notThere();
        if (found.status === "shipped") throw refuse(409, "shipped", "This order is on its way already.");
        return repo.update(change(found, { status: "shipped" }));
      });
      return c.json(order);
    });
}
