/** A fresh tenant for each test. */

import { randomUUID } from "node:crypto";
import { Repo } from "../repo/index.js";
import { Tenant } from "../tenant/index.js";

/** How a sandbox is made. */
export interface SandboxOptions {
  /** `false` leaves the repo's migrations to the test (`Migrator.up`). Default true. */
  readonly migrate?: boolean;
  /** What the tenant's id starts with, so that leftovers of a killed run can be found. Default `sandbox-`. */
  readonly prefix?: string;
}

/** The store of all sandboxes that bring no repo of their own; opened on first use. */
let shared: Repo | undefined;

/**
 * A fresh tenant for one test. Tests share nothing, so they may run in parallel, against one store or a cluster.
 *
 * @example
 * let sandbox: Sandbox;
 * beforeEach(async () => {
 *   sandbox = await Sandbox.checkout(repo);
 * });
 * afterEach(() => sandbox.checkin());
 *
 * test("stores a product", async () => {
 *   const { repo, tenant } = sandbox;
 *   await repo.insert(Product, { name: "Glo-Grain Cereal" }, { tenant });
 *   expect(await repo.all(Product, { tenant })).toHaveLength(1);
 * });
 */
export class Sandbox {
  /** The repo of the sandbox: that of `checkout`, or the shared one. */
  readonly repo: Repo;
  /** The sandbox's own tenant, fresh, and migrated unless `{ migrate: false }`. */
  readonly tenant: Tenant;
  #returned: Promise<void> | undefined;

  private constructor(repo: Repo, tenant: Tenant) {
    this.repo = repo;
    this.tenant = tenant;
  }

  /**
   * Creates a tenant with a random id, and applies the repo's migrations to it.
   *
   * @param repo default: one in memory without migrations, shared by the sandboxes of this process
   * @example const sandbox = await Sandbox.checkout(repo, { prefix: "products-" });
   * @throws ReadOnlyRepoError, InvalidTenantIdError for a prefix that no id can start with, and what a migration throws
   */
  static async checkout(repo: Repo = sharedRepo(), options: SandboxOptions = {}): Promise<Sandbox> {
    const id = `${options.prefix ?? "sandbox-"}${randomUUID()}`;
    const tenant = options.migrate === false ? await unmigrated(repo, id) : await Tenant.create(repo, id);
    return new Sandbox(repo, tenant);
  }

  /**
   * Deletes the sandbox's tenant; as `sandbox.checkin()`.
   *
   * @example
   * const sandbox = await Sandbox.checkout(repo);
   * await Sandbox.checkin(sandbox);
   */
  static checkin(sandbox: Sandbox): Promise<void> {
    return sandbox.checkin();
  }

  /**
   * Runs a test in a sandbox of its own, which is gone afterwards however the test ends. Gives what the test gives.
   *
   * @param repo undefined: one in memory without migrations, shared by the sandboxes of this process
   * @example
   * await Sandbox.run(repo, async ({ repo, tenant }) => {
   *   await repo.insert(Product, { name: "Glo-Grain Cereal" }, { tenant });
   * });
   * @throws what `Sandbox.checkout` and the test throw
   */
  static async run<T>(repo: Repo | undefined, test: (sandbox: Sandbox) => Promise<T>): Promise<T> {
    const sandbox = await Sandbox.checkout(repo);
    try {
      return await test(sandbox);
    } finally {
      await sandbox.checkin();
    }
  }

  /**
   * Closes the shared repo, if it was used; the next sandbox without a repo opens another.
   *
   * @example await Sandbox.close();
   */
  static async close(): Promise<void> {
    const repo = shared;
    shared = undefined;
    await repo?.close();
  }

  /**
   * Deletes the tenant with all that is in it. A second call, or a tenant that the test has deleted, is no error.
   *
   * @example
   * const sandbox = await Sandbox.checkout();
   * await sandbox.checkin();
   */
  checkin(): Promise<void> {
    this.#returned ??= Tenant.clearAndDelete(this.repo, this.tenant.id);
    return this.#returned;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.checkin();
  }
}

function sharedRepo(): Repo {
  shared ??= new Repo({ url: "memory:", storageId: "sandbox" });
  return shared;
}

/** The repo's own store, without its migrations. */
function unmigrated(repo: Repo, id: string): Promise<Tenant> {
  return Tenant.create(
    { storageId: repo.storageId, engine: () => repo.engine(), prepareTenant: () => Promise.resolve() },
    id,
  );
}
