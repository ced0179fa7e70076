import { createHash } from "node:crypto";
import { change, type Repo } from "plinth";
import { Item } from "../schemas/item.js";
import { Order } from "../schemas/order.js";
import type { Caller } from "./request.js";

/** What came of the request, in plain data, so that it can be kept and given again. */
export type Placed =
  | { readonly order: string }
  | { readonly errors: Readonly<Record<string, readonly string[]>> };

/** The request of this key was another one. */
export class KeyReusedError extends Error {}

/**
 * Takes an item out of the stock and writes the order for it, in one transaction.
 *
 * A request that comes again with the key of the first one gets what the first one got, and nothing is written: clients
 * that do not know whether their request has arrived just send it again.
 *
 * @throws KeyReusedError when the key came with another body before
 */
export async function placeOrder(
  repo: Repo,
  { tenant, user }: Caller,
  body: object,
  key: string | undefined,
): Promise<Placed> {
  const request = createHash("sha256").update(JSON.stringify(body)).digest("base64url");
  const place = async (): Promise<{ request: string; placed: Placed }> => {
    const asked = Order.request(body);
    if (!asked.valid)
      return { request, placed: { errors: asked.traverseErrors() as Record<string, string[]> } };
    const { itemId, quantity } = asked.changes as { itemId: string; quantity: number };
    const item = await repo.get(Item, itemId);
    if (item === null || item.deletedAt !== null) {
      return { request, placed: { errors: { itemId: ["is not for sale"] } } };
    }
    if (item.stock < quantity) {
      return { request, placed: { errors: { quantity: [`is more than the ${item.stock} there are`] } } };
    }
    await repo.update(change(item, { stock: item.stock - quantity }));
    const order = await repo.insert(Order, {
      userId: user.id,
      itemId,
      itemName: item.name,
      quantity,
      cents: quantity * item.cents,
    });
    return { request, placed: { order: order.id } };
  };
  // Keys are made by clients, so those of one user are none of another one's.
  const options = key === undefined ? {} : { idempotencyKey: `${user.id} ${key}` };
  const answer = await repo.transactional(tenant, place, options);
  if (answer.request !== request) throw new KeyReusedError();
  return answer.placed;
}
