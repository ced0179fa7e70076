/** What a server, or the way to it, refuses. */

import type { Reason, RemoteFailure } from "./types.js";

export const errorOf = ({ code, message, status }: Reason): RemoteFailure =>
  Object.assign(new Error(message), { code, status });

/** Of `closed`, `ended`, `silent`, `offline`, and `broken`: what came did not follow what is there. */
export const because = (code: string): Reason => ({ code, message: `The connection is ${code}.` });
