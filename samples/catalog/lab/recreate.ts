import { setTimeout as sleep } from "node:timers/promises";
import { from, type Repo, type Tenant } from "plinth";
import { deleteProduct } from "../delete-product.js";
import { Product } from "../product.js";
import { Review } from "../review.js";

/**
 * Deletes every product with its reviews, one transaction each, and then writes them all again.
 *
 * Waits `pauseMs` between the steps. Once `signal` is aborted it waits no longer but still finishes, so that stopping
 * the server half-way loses nothing.
 */
export async function recreate(
  repo: Repo,
  tenant: Tenant,
  pauseMs: number,
  signal: AbortSignal,
): Promise<void> {
  const pause = () => sleep(pauseMs, undefined, { signal }).catch(() => {});
  const kept = await repo.transactional(tenant, async () => {
    const products = await repo.all(from(Product));
    return Promise.all(
      products.map(async (product) => ({
        product,
        reviews: await repo.all(from(Review).where({ productId: product.id })),
      })),
    );
  });
  for (const { product } of kept) {
    await deleteProduct(repo, tenant, product.id);
    await pause();
  }
  for (const { product, reviews } of kept) {
    await repo.transactional(tenant, async () => {
      const { id, name, description, insertedAt } = product;
      await repo.insert(Product, { id, name, description, insertedAt });
      for (const { id: reviewId, productId, author, content, score, insertedAt: at } of reviews) {
        await repo.insert(Review, { id: reviewId, productId, author, content, score, insertedAt: at });
      }
    });
    await pause();
  }
}
