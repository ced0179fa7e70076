import { BelongsTo } from "plinth";
import { Product } from "./product.js";
export declare class Review {
    id: string;
    productId: string;
    product: BelongsTo<Product>;
    author: string;
    content: string;
    score: number;
    insertedAt: Date;
    updatedAt: Date;
}
