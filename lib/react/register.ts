/** Where an application names its queries, so that hooks are typed by them. */

import type { Offered } from "../client/index.js";

/**
 * Where an application names its queries, once: `declare module "plinth/react" { interface Register { live: Live } }`, with the server's
 * `export type Live = typeof queries`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it.
export interface Register {}

/** The queries of the application; any, until they are named. */
export type Registered = Register extends { live: infer Q extends Offered } ? Q : Offered;
