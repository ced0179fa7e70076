export { tenantsCreate } from "./tenants-create.js";
export { tenantsDelete } from "./tenants-delete.js";
export { tenantsList } from "./tenants-list.js";
