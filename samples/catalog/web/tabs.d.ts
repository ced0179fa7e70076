import type { Context } from "hono";
import type { Html } from "./html.js";
/** An open page, as the server sees it: one event stream with an id that only this page knows. */
export interface Tab {
    readonly id: string;
    /** Aborted when the page goes away or the server stops. */
    readonly signal: AbortSignal;
    /** Replaces the elements that have the ids of these elements; resolves when the page has room for more. */
    patch(elements: Html): Promise<void>;
    /** Adds an element after another one, or at the front of its container when `after` is `null`. */
    insert(into: string, after: string | null, element: Html): Promise<void>;
    /** Removes the element with this id. */
    remove(elementId: string): Promise<void>;
    /** Called when the page asks for another product; set by pages that have one. */
    choose?: (productId: string) => Promise<void>;
}
/** All pages that are open now. */
export declare class Tabs {
    #private;
    get(id: string): Tab | undefined;
    get size(): number;
    /** Answers with an event stream that `serve` feeds until it returns or the tab's signal is aborted. */
    stream(c: Context, serve: (tab: Tab) => Promise<void>): Response;
    /** Ends every stream; new ones end at once. */
    close(): void;
}
