import { HasMany } from "plinth";
import { Review } from "./review.js";
export declare class Product {
    id: string;
    name: string;
    description: string | null;
    reviews: HasMany<Review>;
    insertedAt: Date;
    updatedAt: Date;
    static changeset(product: Product, params?: unknown): any;
}
