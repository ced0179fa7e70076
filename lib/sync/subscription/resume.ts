/** Makes the first transition of a subscription that is resumed: one that holds all that its holder has missed. */

import type { Rewound } from "../hub/index.js";
import type { AnyTransition, ChangeTransition, Queries } from "../live/index.js";
import type { Views } from "../view/index.js";
import { Net } from "./net.js";

type Known = Extract<Rewound, { readonly past: unknown }>;

/** One object for all who have missed the same: it is worked out and written as text once. */
const known = new WeakMap<
  Known,
  WeakMap<Views, { readonly change: ChangeTransition<Queries> | undefined }>
>();

/**
 * The change since the cursor; undefined when nothing has changed visibly.
 *
 * @param now what is shown by now, the same object for all who show the same
 * @param meanwhile what was told to all of them while the past was worked out
 */
export function missedSince(
  rewound: Known,
  now: Views,
  meanwhile: readonly AnyTransition[],
): ChangeTransition<Queries> | undefined {
  let byViews = known.get(rewound);
  if (byViews === undefined) {
    byViews = new WeakMap();
    known.set(rewound, byViews);
  }
  let missed = byViews.get(now);
  if (missed === undefined) {
    const { before, returned, commits } = rewound.past;
    const net = new Net(before, before.version);
    for (const label of before.labels.keys()) net.resumed(label, returned, commits);
    for (const transition of meanwhile)
      if (transition.type === "change" || transition.type === "progress") net.add(transition);
    missed = { change: net.transition(now) };
    byViews.set(now, missed);
  }
  return missed.change;
}
