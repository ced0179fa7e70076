import type { Repo, Tenant } from "plinth";
import { Product } from "../product.js";
/** Inserts an invented product together with its first review, in one transaction. */
export declare function inventProduct(repo: Repo, tenant: Tenant): Promise<Product>;
