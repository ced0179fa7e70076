import { Hono } from "hono";
import { type Cursor, change, from } from "plinth";
import { refuseFields } from "../answers.js";
import { Item } from "../schemas/item.js";
import type { Shops } from "../shops.js";
import { bodyOf, type Caller, type Env, pageOf, requireStaff } from "./request.js";

/** Items: everybody of a shop sees them, its staff changes them. A deleted one is hidden, and can be restored. */
export function itemRoutes({ repo }: Shops): Hono<Env> {
  const setDeleted = ({ tenant }: Caller, id: string, deletedAt: Date | null) =>
    repo.transactional(tenant, async () =>
      repo.update(change(await repo.getOrThrow(Item, id), { deletedAt })),
    );

  return new Hono<Env>()
    .get("/", async (c) => {
      const { limit, after } = pageOf(c);
      const query = from(Item).where({ deletedAt: null }).orderBy("name");
      const { tenant } = c.get("caller");
      return c.json(await repo.page(query, { limit, after: after as Cursor | null, tenant }));
    })
    .post("/", async (c) => {
      const caller = c.get("caller");
      requireStaff(caller);
      const result = await repo.tryInsert(Item.changeset(Item, await bodyOf(c)), { tenant: caller.tenant });
      return result.ok ? c.json(result.value, 201) : refuseFields(c, result.changeset.traverseErrors());
    })
    .patch("/:id", async (c) => {
      const caller = c.get("caller");
      requireStaff(caller);
      const body = await bodyOf(c);
      const id = c.req.param("id");
      const item = await repo.transactional(caller.tenant, async () =>
        repo.update(Item.changeset(await repo.getOrThrow(Item, id), body)),
      );
      return c.json(item);
    })
    .delete("/:id", async (c) => {
      requireStaff(c.get("caller"));
      return c.json(await setDeleted(c.get("caller"), c.req.param("id"), new Date()));
    })
    .post("/:id/restore", async (c) => {
      requireStaff(c.get("caller"));
      return c.json(await setDeleted(c.get("caller"), c.req.param("id"), null));
    });
}
