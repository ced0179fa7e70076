/** Which ranges of a tenant's keys are Plinth's, and which are the application's. */

import { strinc } from "../../engine/index.js";
import { type KeyRange, prefixRange } from "../../layer/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";

/** The keys of one of Plinth's own spaces. */
export const spaceRange = (tenant: Tenant, name: keyof typeof space): KeyRange =>
  prefixRange(pack([space[name]], tenant.prefix));

/** Everything in the tenant that is not Plinth's: the gaps between its spaces, in order. */
export function applicationRanges(tenant: Tenant): KeyRange[] {
  const own = (Object.keys(space) as (keyof typeof space)[])
    .map((name) => spaceRange(tenant, name))
    .sort((a, b) => Buffer.compare(a.begin, b.begin));
  const gaps: KeyRange[] = [];
  let begin: Uint8Array = tenant.prefix;
  for (const range of own) {
    gaps.push({ begin, end: range.begin });
    begin = range.end;
  }
  gaps.push({ begin, end: strinc(tenant.prefix) });
  return gaps;
}
