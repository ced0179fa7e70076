import type { Command } from "./command.js";
import { explain } from "./verbs/explain.js";
import { exportVerb } from "./verbs/export.js";
import { genMigration } from "./verbs/gen-migration.js";
import { genSchema } from "./verbs/gen-schema.js";
import { importVerb } from "./verbs/import.js";
import { migrate } from "./verbs/migrate.js";
import { shell } from "./verbs/shell.js";
import { status } from "./verbs/status.js";
import { tenantsCreate } from "./verbs/tenants-create.js";
import { tenantsDelete } from "./verbs/tenants-delete.js";
import { tenantsList } from "./verbs/tenants-list.js";

/** Every verb, in the order of the help. */
export const commands: readonly Command[] = Object.freeze([
  status,
  migrate,
  tenantsList,
  tenantsCreate,
  tenantsDelete,
  explain,
  shell,
  exportVerb,
  importVerb,
  genMigration,
  genSchema,
]);
