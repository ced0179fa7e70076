/** The object `Migrator`, with which a program applies migrations by hand. */

import type { Tenant } from "../../tenant/index.js";
import type { MigrationList } from "../define/index.js";
import type { MigrateOptions } from "./migrate-options.js";
import { migrateTenant } from "./migrate-tenant.js";
import type { MigrationHost } from "./migration-host.js";

/**
 * Applies migrations by hand; a Repo with `migrations` does so whenever a tenant is opened.
 *
 * @example await Migrator.up(repo, tenant, [[1, Catalog]], { onProgress: ({ version, rows }) => console.log(version, rows) });
 */
export const Migrator = Object.freeze({
  /**
   * Applies the migrations of a list that the tenant does not have yet, in ascending order. Gives the versions that this
   * call applied.
   *
   * A unique index over equal values fails when all else is applied (UniqueBuildError); calling it again tries again.
   *
   * @example const versions = await Migrator.up(repo, tenant, [[1, Catalog], [2, Ratings]]);
   * @throws MigrationError, MigrationMismatchError, UniqueBuildError
   */
  up(
    repo: MigrationHost,
    tenant: Tenant,
    migrations: MigrationList,
    options?: MigrateOptions,
  ): Promise<readonly number[]> {
    return migrateTenant(repo, tenant, migrations, { retry: true, ...options });
  },
});
