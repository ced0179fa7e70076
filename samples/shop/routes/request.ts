import type { Context } from "hono";
import type { Tenant } from "plinth";
import { refuse } from "../answers.js";
import type { Shops } from "../shops.js";
import { type User, userOf } from "../users.js";

/** What every request of a shop has: which shop, and who asks. */
export interface Caller {
  readonly tenant: Tenant;
  readonly user: User;
}

/** What the handlers find in Hono's context. */
export interface Env {
  Variables: { caller: Caller };
}

/** @throws HTTPException 401 without a valid token, 404 for a shop that there is not */
export async function callerOf(
  shops: Shops,
  secret: string,
  request: Request,
  shop: string,
): Promise<Caller> {
  const user = userOf(request.headers.get("authorization") ?? undefined, shop, secret);
  // Asked before the shop is looked for: strangers learn nothing of which shops there are.
  if (user === null) throw refuse(401, "unauthorized", "This needs the token of a user of this shop.");
  const tenant = await shops.find(shop);
  if (tenant === null) throw refuse(404, "no_shop", `There is no shop “${shop}”.`);
  return { tenant, user };
}

/** @throws HTTPException 403 */
export function requireStaff({ user }: Caller): void {
  if (user.role !== "staff") throw refuse(403, "forbidden", "This is for the staff of the shop.");
}

/** The body of a request, when it is an object. @throws HTTPException 400 */
export async function bodyOf(c: Context): Promise<object> {
  const body: unknown = await c.req.json().catch(() => undefined);
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  throw refuse(400, "invalid_body", "The body has to be a JSON object.");
}

const most = 100;

/** `limit` and `after` of a request for a page. @throws HTTPException 400 */
export function pageOf(c: Context): { limit: number; after: string | null } {
  const text = c.req.query("limit") ?? "20";
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= most)
    return { limit, after: c.req.query("after") ?? null };
  throw refuse(400, "invalid_limit", `limit is a number from 1 to ${most}.`);
}
