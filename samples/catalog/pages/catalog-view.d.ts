import type { Product } from "../product.js";
import type { Review } from "../review.js";
import { type Html } from "../web/html.js";
/** What the catalog page shows: all products, and one of them with its reviews when one is chosen. */
export interface CatalogPage {
    readonly catalog: readonly Product[];
    readonly product: Product | null;
    /** Newest first. */
    readonly reviews: readonly Review[];
}
export declare function catalogPage(page: CatalogPage): Html;
export declare function catalogTitle(page: CatalogPage): Html;
/** The bar of all products; it marks the one that is shown. */
export declare function catalogNav({ catalog, product }: CatalogPage): Html;
/** The chosen product, or the request to choose one. */
export declare function productCard({ product }: CatalogPage): Html;
export declare function reviewList({ product, reviews }: CatalogPage): Html;
