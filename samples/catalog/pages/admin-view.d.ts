import type { Product } from "../product.js";
import { type Html } from "../web/html.js";
import type { Problem } from "../web/refusal.js";
/** What a person sent for a card: kept when it was refused, with the reasons; `saved` once it is stored. */
export interface Submission {
    readonly id: string;
    readonly typed: Readonly<Record<string, string>>;
    readonly problems: readonly Problem[];
    readonly saved: boolean;
}
/** The longest name and description that the form takes, in characters. */
export declare const longest: {
    readonly name: 200;
    readonly description: 5000;
};
export declare function adminPage(products: readonly Product[], submission?: Submission, notice?: Html): Html;
/** The container of all cards. */
export declare function cardList(products: readonly Product[], submission?: Submission): Html;
export declare const cardId: (productId: string) => string;
/** One product with its form. */
export declare function card(product: Product, submission?: Submission): Html;
