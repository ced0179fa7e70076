import type { Context } from "hono";
/**
 * Reads a posted form that has exactly the given text fields.
 *
 * @throws RefusedRequest (422) when the body is no form, a field is missing, comes twice, is a file, or is foreign.
 */
export declare function readForm<const F extends string>(c: Context, fields: readonly F[]): Promise<Readonly<Record<F, string>>>;
