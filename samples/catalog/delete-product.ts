import { from, type Repo, type Tenant } from "plinth";
import { Product } from "./product.js";
import { Review } from "./review.js";

/** Deletes a product and its reviews in one transaction; false when there is no such product. */
export function deleteProduct(repo: Repo, tenant: Tenant, id: string): Promise<boolean> {
  return repo.transactional(tenant, async () => {
    const product = await repo.get(Product, id);
    if (product === null) return false;
    const reviews = await repo.all(from(Review).where({ productId: id }));
    await Promise.all(reviews.map((review) => repo.delete(review)));
    await repo.delete(product);
    return true;
  });
}
