import { type Repo, type Tenant } from "plinth";
/** Deletes a product and its reviews in one transaction; false when there is no such product. */
export declare function deleteProduct(repo: Repo, tenant: Tenant, id: string): Promise<boolean>;
