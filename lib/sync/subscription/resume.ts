/** Makes the first transition of a subscription that is resumed: what its holder has missed until a moment. */

import type { Rewound } from "../hub/index.js";
import type { ChangeTransition, Queries } from "../live/index.js";
import type { Views } from "../view/index.js";
import { Net } from "./net.js";

/** One object for all who have missed the same: it is worked out and written as text once. */
const known = new WeakMap<Rewound, { readonly change: ChangeTransition<Queries> | undefined }>();

/** The change since the cursor; undefined when nothing has changed visibly. */
export function missedSince(
  rewound: Extract<Rewound, { readonly past: unknown }>,
  now: Views,
): ChangeTransition<Queries> | undefined {
  let missed = known.get(rewound);
  if (missed === undefined) {
    const { before, returned, commits } = rewound.past;
    const net = new Net(before, before.version);
    for (const label of before.labels.keys()) net.resumed(label, returned, commits);
    missed = { change: net.transition(now) };
    known.set(rewound, missed);
  }
  return missed.change;
}
