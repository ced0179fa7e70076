/** What a server, or the way to it, refuses. */

import type { Reason, RemoteFailure } from "./types.js";

export const errorOf = ({ code, message, status }: Reason): RemoteFailure =>
  Object.assign(new Error(message), { code, status });

export const closed: Reason = { code: "closed", message: "The connection is closed." };
