export { atRoot } from "../group/index.js";
export { checkOptions } from "../options/index.js";
export { afterCommit } from "./after-commit.js";
export { call, callToWrite } from "./call.js";

export type { MigrationEntry, RepoConfig, RepoOptions } from "./config.js";
export { RepoCore } from "./core.js";
export { operate } from "./operate.js";
export { outside } from "./outside.js";
export { type FailedResult, isFailedResult, RolledBack, rollback } from "./rollback.js";
export { run } from "./run.js";
export type { Session } from "./session.js";
export { keepRepo, type RepoState, sessionOf, stateOfRepo } from "./state.js";
export { agreedTenant, checkTenant, tenantOf } from "./tenancy.js";
export type { TransactionDefaultOptions, TransactionOptions } from "./transaction-options.js";
export { transact, transactional, type Versioned } from "./transactional.js";
