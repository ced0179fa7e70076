import type { Command } from "./command.js";
import { check } from "./verbs/check.js";
import { copyFieldVerb } from "./verbs/copy-field.js";
import { deleteFieldVerb } from "./verbs/delete-field.js";
import { explain } from "./verbs/explain.js";
import { exportVerb } from "./verbs/export.js";
import { genMigration } from "./verbs/gen-migration.js";
import { genSchema } from "./verbs/gen-schema.js";
import { importVerb } from "./verbs/import.js";
import { migrate } from "./verbs/migrate.js";
import { renameFieldVerb } from "./verbs/rename-field.js";
import { shell } from "./verbs/shell.js";
import { status } from "./verbs/status.js";
import { tenantsCreate } from "./verbs/tenants-create.js";
import { tenantsDelete } from "./verbs/tenants-delete.js";
import { tenantsList } from "./verbs/tenants-list.js";
import { watch } from "./verbs/watch.js";

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
