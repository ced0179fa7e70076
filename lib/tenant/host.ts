import type { Engine } from "../engine/index.js";
import type { Tenant } from "./tenant.js";

/** What a tenant needs of its Repo. */
export interface TenantHost {
  /** Name of the directory that holds all tenants of the application. */
  readonly storageId: string;
  /** Opens the engine on first use. */
  engine(): Promise<Engine>;
  /** Applies outstanding migrations; called once for each open, before the handle is handed out. */
  prepareTenant(tenant: Tenant): Promise<void>;
}
