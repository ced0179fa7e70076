/** Writes what a page is rendered with, so that its browser goes on from there. */

import { encodeTransition, type Subscription } from "../sync/index.js";
import type { AnyTransition } from "../sync/live/index.js";

/**
 * The value and the cursor of a subscription as text, for `connect(url, { initial })`: the browser shows it at once
 * and is sent only what changed since. Safe inside of a script element.
 *
 * @example const initial = initialOf(page); // `<script id="initial" type="application/json">${initial}</script>`
 */
export function initialOf<Q>({ value, version, cursor, labels }: Subscription<Q>): string {
  const snapshot = { type: "snapshot", reason: "initial", value, version, cursor, labels } as const;
  return encodeTransition(snapshot as unknown as AnyTransition).replaceAll("<", "\\u003c");
}
