import { from, type Repo, type Tenant } from "plinth";
import { deleteProduct } from "./delete-product.js";
import { DeletedProduct } from "./deleted-product.js";
import { Product } from "./product.js";
import { Review } from "./review.js";

/** How many deletions can be undone; older ones are final. */
export const keptDeletions = 20;

/** Deletes a product with its reviews and keeps a copy, in one transaction; null when there is no such product. */
export function deleteUndoably(repo: Repo, tenant: Tenant, id: string): Promise<DeletedProduct | null> {
  return repo.transactional(tenant, async () => {
    const product = await repo.get(Product, id);
    if (product === null) return null;
    const reviews = await repo.all(from(Review).where({ productId: id }));
    const earlier = await repo.all(from(DeletedProduct).orderBy({ id: "desc" }));
    const kept = await repo.insert(DeletedProduct, {
      productId: id,
      name: product.name,
      description: product.description,
      productSince: product.insertedAt,
      reviews: reviews.map(({ id, author, content, score, insertedAt }) => ({
        id,
        author,
        content,
        score,
        insertedAt: insertedAt.toISOString(),
      })),
    });
    for (const old of earlier.slice(keptDeletions - 1)) await repo.delete(old);
    await deleteProduct(repo, tenant, id);
    return kept;
  });
}

/** What came of an undo: the product that is back, or why none is. */
export type Undone =
  | { readonly product: Product }
  | { readonly refused: "unknown" }
  | { readonly refused: "taken"; readonly name: string };

/** Writes a deleted product and its reviews again, with the ids and dates that they had. */
export function undoDeletion(repo: Repo, tenant: Tenant, id: string): Promise<Undone> {
  return repo.transactional(tenant, async (): Promise<Undone> => {
    const kept = await repo.get(DeletedProduct, id);
    if (kept === null) return { refused: "unknown" };
    if ((await repo.get(Product, kept.productId)) !== null) return { refused: "taken", name: kept.name };
    const { productId, name, description, productSince } = kept;
    const product = await repo.insert(Product, {
      id: productId,
      name,
      description,
      insertedAt: productSince,
    });
    for (const { insertedAt, ...review } of kept.reviews) {
      await repo.insert(Review, { ...review, product, insertedAt: new Date(insertedAt) });
    }
    await repo.delete(kept);
    return { product };
  });
}
