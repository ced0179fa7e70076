import { type Html, type Part } from "../web/html.js";
export interface Layout {
    readonly title: string;
    /** The page's own address, which the navigation marks. */
    readonly path: "/" | "/admin" | "/lab" | null;
    /** The event stream that keeps the page up to date; `null` for a page that never changes. */
    readonly live: string | null;
    readonly notice?: Html;
    readonly content: Part;
}
export declare function titleElement(title: string): Html;
/** Where answers to forms are shown; empty until there is one. */
export declare function notice(kind: "info" | "error", ...lines: readonly Part[]): Html;
/** Clears what an earlier form left there. */
export declare const noNotice: Html;
/** A whole page around its content. */
export declare function layout(page: Layout): Html;
