/** The ranges of a tenant's keys that are Plinth's. */

import { type KeyRange, prefixRange } from "../../layer/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";

/** The keys of one of Plinth's own spaces. */
export const spaceRange = (tenant: Tenant, name: keyof typeof space): KeyRange =>
  prefixRange(pack([space[name]], tenant.prefix));
