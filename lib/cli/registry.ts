/** The list of all verbs, in the order of the help. */

import { backup, restore, verify } from "./backup/index.js";
import type { Command } from "./command/index.js";
import { copyVerb } from "./copy/index.js";
import { cursorsRotate } from "./cursors/index.js";
import { explain } from "./explain/index.js";
import { genMigration, genSchema } from "./gen/index.js";
import { check, copyFieldVerb, deleteFieldVerb, migrate, renameFieldVerb } from "./migration/index.js";
import { newProject } from "./new/index.js";
import { recover } from "./recover/index.js";
import { shell } from "./shell/index.js";
import { status } from "./status/index.js";
import { tenantsCreate, tenantsDelete, tenantsList } from "./tenants/index.js";
import { exportVerb, importVerb } from "./transfer/index.js";
import { watch } from "./watch/index.js";

export const commands: readonly Command[] = Object.freeze([
  status,
  migrate,
  check,
  tenantsList,
  tenantsCreate,
  tenantsDelete,
  exportVerb,
  importVerb,
  backup,
  restore,
  verify,
  copyVerb,
  copyFieldVerb,
  renameFieldVerb,
  deleteFieldVerb,
  recover,
  watch,
  cursorsRotate,
  explain,
  shell,
  genMigration,
  genSchema,
  newProject,
]);
