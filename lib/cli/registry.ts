import type { Command } from "./command/index.js";
import {
  check,
  copyFieldVerb,
  deleteFieldVerb,
  explain,
  exportVerb,
  genMigration,
  genSchema,
  importVerb,
  migrate,
  renameFieldVerb,
  shell,
  status,
  tenantsCreate,
  tenantsDelete,
  tenantsList,
  watch,
} from "./verbs/index.js";

/** Every verb, in the order of the help. */
export const commands: readonly Command[] = Object.freeze([
  status,
  migrate,
  check,
  tenantsList,
  tenantsCreate,
  tenantsDelete,
  exportVerb,
  importVerb,
  copyFieldVerb,
  renameFieldVerb,
  deleteFieldVerb,
  watch,
  explain,
  shell,
  genMigration,
  genSchema,
]);
