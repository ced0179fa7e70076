/** Markup that is safe to send: everything interpolated into it was escaped. */
export declare class Html {
    #private;
    constructor(text: string);
    toString(): string;
}
/** What a template takes: text is escaped, markup is kept, and nothing is shown for `false`, `null` and `undefined`. */
export type Part = Html | string | number | false | null | undefined | readonly Part[];
/** Text made safe for element content and for quoted attributes. */
export declare function escapeText(text: string): string;
/**
 * A template literal that escapes every value put into it.
 *
 * Attributes must be quoted: `html`<a href="${href}">${name}</a>``.
 */
export declare function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html;
/**
 * An element id made of any text: ids may not hold spaces, and a product's id may hold anything.
 *
 * `elementId("card", "p 1")` is `"card-cCAx"`.
 */
export declare function elementId(kind: string, key: string): string;
